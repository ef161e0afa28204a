"""Modules that are always loaded together come as one file: each in a block of its own, after
those it imports. Which those are is read from their imports. What the same entries need (a page's
script, a worker, what `import()` names) is in one file, unless what is loaded before them has it.
At its own address a module hands on what the file it is in has of it.

Imports and exports are read as this repository writes them, from a line's beginning: what else
there is, and modules that import each other, are refused. Those of what others made small are
first written so (`as_ours`)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname, normpath, relpath
from posixpath import join as join_paths

IMPORT = re.compile(
    r"^import (?:(?P<default>\w+)|\* as (?P<all>\w+)|(?P<names>\{[^}]*\}))"
    r' from "(?P<path>\.[^"]+)";$',
    re.MULTILINE,
)
EXPORT = re.compile(
    r"^export (?=(?:async function|function|class|const) (\w+|\{[\w, ]+\}))", re.MULTILINE
)
LISTED = re.compile(r'^export \{([^}]*)\}(?: from "(\.[^"]+)")?;$', re.MULTILINE)
UNREAD = re.compile(r"^(?:import\b(?! *\()|export\b|\S.*\bawait import\().*", re.MULTILINE)
"""A module that awaits what imports from the file it is in would wait for itself."""

SMALL_IMPORT = re.compile(r'^import\{([^}]*)\}from"([^"]+)";', re.MULTILINE)
SMALL_EXPORT = re.compile(r"\bexport\{([^}]*)\};?\s*\Z")
SMALL_DEFAULT = re.compile(r"^(.*)\bexport default ([^\n]*?);?\s*\Z", re.MULTILINE)
AWAITED = re.compile(r'\bawait (import\("[^"]+"\))')
LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
WORKER = re.compile(r'\bnew Worker\(new URL\("(\.[^"]+)"')
VARS = re.compile(r"\bvar ")
"""Those of a block would be the whole file's, those of a function are its own."""

HERE = "import.meta.url"
SEVERAL = 3
"""What so many use comes with what is loaded before all of them, if anything is. What two pages use
is one file, whatever else uses it."""


class CannotJoin(ValueError):
    """A module isn't written as the others are. The text says which, and where."""


@dataclass(frozen=True, slots=True)
class Script:
    """A module of ours: what it imports at once, what later, and what it starts as workers."""

    name: str
    text: str
    needs: tuple[str, ...]
    later: tuple[str, ...]
    workers: tuple[str, ...]

    @classmethod
    def of(cls, name: str, data: bytes) -> "Script":
        text = data.decode()
        needs = [match["path"] for match in IMPORT.finditer(text)]
        needs += [path for _, path in LISTED.findall(text) if path]
        found = (needs, LATER.findall(text), WORKER.findall(text))
        return cls(name, text, *(tuple(beside(name, path) for path in paths) for paths in found))


class Scripts:
    """All modules of ours that pages load which begin with `roots`. Raises CannotJoin."""

    def __init__(self, files: Mapping[str, bytes], roots: Sequence[str]) -> None:
        self.known = dict[str, Script]()
        self.pages = frozenset(roots)
        self.roots, entries, left = {*self.pages}, dict.fromkeys(roots), [*roots]
        while left:
            if (name := left.pop(0)) in self.known:
                continue
            if name not in files:
                raise CannotJoin(f"{name}: there is no such file")
            script = self.known[name] = Script.of(name, files[name])
            self.roots |= {*script.workers}
            entries |= dict.fromkeys(script.later + script.workers)
            left += script.needs + script.later + script.workers
        self.needed = {entry: self._in_order(entry) for entry in entries}

    def together(self) -> dict[str, list[str]]:
        """Modules by the file they come in, each after what it imports."""
        found, before = dict[frozenset[str], list[str]](), self._before()
        for name in dict.fromkeys(each for names in self.needed.values() for each in names):
            users = {entry for entry, names in self.needed.items() if name in names}
            first = {entry for entry in users if not before[entry] & users}
            shared = set.intersection(*(before[entry] for entry in first))
            if len(users) >= SEVERAL and shared:
                first = {max(shared, key=lambda entry: len(before[entry]))}
            elif len(first) > 1 and first & self.pages:
                first = first.union(*(before[entry] for entry in first)) & self.roots
            found.setdefault(frozenset(first), []).append(name)
        return {
            next((user for user in names if users == {user}), f"joined/{number}.js"): names
            for number, (users, names) in enumerate(found.items())
        }

    def _in_order(self, entry: str) -> dict[str, None]:
        """What it needs of ours, and itself last."""
        done = dict[str, None]()
        above = list[str]()

        def visit(name: str) -> None:
            if name in above:
                raise CannotJoin(f"{name} imports itself, by way of {above[-1]}")
            above.append(name)
            for path in self.known[name].needs:
                if path not in done:
                    visit(path)
            done[above.pop()] = None

        visit(entry)
        return done

    def _before(self) -> dict[str, set[str]]:
        """By entry, which others are loaded before it, whichever way led to it."""
        before = {entry: set() if entry in self.roots else {*self.needed} for entry in self.needed}
        loads = {
            entry: {each for name in names for each in self.known[name].later}
            for entry, names in self.needed.items()
        }
        changed = True
        while changed:
            changed = False
            for entry in self.needed.keys() - self.roots:
                ways = [{way, *before[way]} for way in loads if entry in loads[way]]
                if (found := set.intersection(*ways) - {entry}) != before[entry]:
                    before[entry], changed = found, True
        return before


class Writer:
    """The files that modules come in, and for each module one that hands on what is of it there."""

    def __init__(self, scripts: Scripts) -> None:
        self.known, self.together = scripts.known, scripts.together()
        self.place = {name: file for file, names in self.together.items() for name in names}

    def files(self) -> Iterator[tuple[str, bytes]]:
        for file, names in self.together.items():
            imports = Imports(file, self.place)
            blocks = [_block(self.known[name], imports) for name in names]
            text = f"export let {', '.join(map(imports.variable, names))};\n{''.join(blocks)}"
            if file in names:
                text += _handed_on(self.known[file], imports)
            yield file, (imports.written() + text).encode()
        for name in self.place.keys() - self.together.keys():
            imports = Imports(name, self.place)
            handed = _handed_on(self.known[name], imports)
            yield name, (imports.written() + handed).encode()


class Imports:
    """What a file imports of the others, by a variable for each module."""

    def __init__(self, file: str, place: Mapping[str, str]) -> None:
        self.file, self._place = file, place
        self._numbers = {name: number for number, name in enumerate(place)}
        self._taken = dict[str, dict[str, None]]()

    def variable(self, name: str) -> str:
        variable = f"$m{self._numbers[name]}"
        if (place := self._place[name]) != self.file:
            self._taken.setdefault(place, {})[variable] = None
        return variable

    def written(self) -> str:
        return "".join(
            f'import {{ {", ".join(names)} }} from "{way(self.file, place)}";\n'
            for place, names in self._taken.items()
        )


def as_ours(data: bytes) -> bytes:
    """A module whose imports and exports were made small, with those as this repository writes
    them. It is all in one line: what awaits an import there is within a function."""
    text = AWAITED.sub(r"await (\1)", data.decode())
    text = SMALL_IMPORT.sub(r'import { \1 } from "\2";\n', text)
    text = SMALL_EXPORT.sub(r"\nexport { \1 };\n", text)
    return SMALL_DEFAULT.sub(
        r"\1\nconst $default = \2;\nexport { $default as default };\n", text
    ).encode()


def join(files: Mapping[str, bytes], roots: Sequence[str]) -> dict[str, bytes]:
    """The modules of ours that pages load which begin with `roots`. Raises CannotJoin."""
    return dict(Writer(Scripts(files, roots)).files())


def beside(name: str, path: str) -> str:
    """What a relative address in a file names."""
    return normpath(join_paths(dirname(name), path))


def way(file: str, name: str) -> str:
    """A file's address in another."""
    path = relpath(name, dirname(file) or ".")
    return path if path.startswith("../") else f"./{path}"


def _block(script: Script, imports: Imports) -> str:
    """A module's text, its imports taken from variables and its exports put into one."""

    def taken(match: re.Match[str]) -> str:
        variable = imports.variable(beside(script.name, match["path"]))
        if match["default"]:
            return f"const {match['default']} = {variable}.default;"
        names = match["all"] or match["names"].replace(" as ", ": ")
        return f"const {names} = {variable};"

    def moved(match: re.Match[str]) -> str:
        return f'import("{way(imports.file, beside(script.name, match[1]))}")'

    text = LISTED.sub("", EXPORT.sub("", IMPORT.sub(taken, script.text)))
    if unread := UNREAD.search(text):
        raise CannotJoin(f"{script.name}: {unread[0][:100]!r} can't be read")
    text = LATER.sub(moved, text)
    if dirname(script.name) != dirname(imports.file):
        text = text.replace(HERE, f'new URL("{way(imports.file, script.name)}", {HERE})')
    exported = [
        f"{name}: {value}" if name != value else name for name, value in _exported(script, imports)
    ]
    begins, ends = ("(() => {", "})();") if VARS.search(text) else ("{", "}")
    values = f"{imports.variable(script.name)} = {{ {', '.join(exported)} }};"
    return f"{begins}\n{text}{values}\n{ends}\n"


def _handed_on(script: Script, imports: Imports) -> str:
    names = [name for name, _ in _exported(script, imports)]
    variable = imports.variable(script.name)
    named = ", ".join(name for name in names if name != "default")
    text = f"export const {{ {named} }} = {variable};\n" if named else ""
    return f"{text}export default {variable}.default;\n" if "default" in names else text


def _exported(script: Script, imports: Imports) -> Iterator[tuple[str, str]]:
    """What a module exports, each with its value there."""
    for declared in EXPORT.findall(script.text):
        yield from ((name, name) for name in re.findall(r"\w+", declared))
    for names, path in LISTED.findall(script.text):
        source = f"{imports.variable(beside(script.name, path))}." if path else ""
        for one in filter(None, map(str.strip, names.split(","))):
            inner, _, outer = one.partition(" as ")
            yield outer or inner, source + inner
