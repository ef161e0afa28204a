"""The static files under the version of their content: `static/<version>/page/main.js` never
changes, and what it imports, by relative addresses, stands under the same version. The pages name
them so. There they come without comments and indents, modules that are loaded together as one, the
libraries with them, and a page's sheets as one; under `static/page/main.js` they are as they were
written."""

import json
import mimetypes
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from .joining import as_ours, beside, join

FOLDER = Path(__file__).parent / "static"
THEIRS = ("vendor/", "client/")
ROOT = "static/"
PAGE = "page/main.js"
VERSION_BYTES = 8
IMPORTS = re.compile(
    r"""^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE
)
LAZY = re.compile(r"""\bimport\(\s*["'](\./([a-z_]+)/view\.js)["']\s*\)""")
NAMED = re.compile(r'((?:src|href)=")static/')
VERSIONED = re.compile(rf"([0-9a-f]{{{2 * VERSION_BYTES}}})/(.+)", re.DOTALL)
COMMENTS = re.compile(
    rb"^[ \t]*(?://[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/[ \t]*)\n|[ \t]+//[^\n\"'`]*$", re.MULTILINE
)
"""Those that have lines of their own, and those at a line's end that have no quote in them."""

INDENTS = re.compile(rb"^\s+", re.MULTILINE)
SPACES = re.compile(rb"""("[^"]*")|\s*([{};,])\s*""")
ROOTS = re.compile(rb'<script type="module" src="static/(page/[^"]+)"')
SHEETS = re.compile(
    rb'(?:^ *<link rel="stylesheet" href="static/style/[^"]+">\n){2,}', re.MULTILINE
)
SHEET = re.compile(rb'href="static/(style/[^"]+)"')
HEAD_ENDS = b"  </head>"
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """All files, read at one time, as they are served under their version; and the pages, which
    name them by it."""

    version: str
    files: Mapping[str, bytes]
    pages: Mapping[str, bytes]

    @classmethod
    def of(cls, written: Mapping[str, bytes]) -> "Edition":
        files = {name: _without(COMMENTS, name, data) for name, data in written.items()}
        names = [name for name in files if name.endswith(".html")]
        roots = [root.decode() for name in names for root in ROOTS.findall(files[name])]
        theirs = {name: as_ours(data) for name, data in files.items() if _is_theirs(name)}
        files |= join(files | theirs, roots)
        files = {name: _tight(name, data) for name, data in files.items()}
        for name in names:
            _join_sheets(files, name)
        version = _version(files)
        root = f"{ROOT}{version}/"
        return cls(version, files, {name: _page(files, name, root) for name in names})

    @property
    def root(self) -> str:
        """What stands before a file's name in an address, from where the service is."""
        return f"{ROOT}{self.version}/"

    def page(self, name: str, data: Mapping[str, object] | None = None) -> bytes:
        """A page, with `data` as JSON by the ids of elements."""
        return _with_head(
            self.pages[name], [_data(id, value) for id, value in (data or {}).items()]
        )


class Site:
    """A folder's files, read anew where one has changed, as while the page is worked on."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._edition: Edition | None = None

    def edition(self) -> Edition:
        """That of now."""
        self._edition = _read(self._folder, tuple(sorted(_stamp(str(self._folder)))))
        return self._edition

    def named(self, filename: str) -> tuple[str, bytes | None]:
        """What a file is called without its version, and its content where that is the version of
        now. A page that was loaded before an update asks for another: it gets the file of now."""
        if (found := VERSIONED.fullmatch(filename)) is None:
            return filename, None
        version, name = found.groups()
        edition = self._edition
        if edition is None or edition.version != version:
            edition = self.edition()
        return name, edition.files.get(name) if edition.version == version else None


@lru_cache(maxsize=2)
def _read(folder: Path, stamp: Stamp) -> Edition:
    """Joining takes a tenth of a second: once, however many applications of a process serve it."""
    return Edition.of({name: (folder / name).read_bytes() for name, _, _ in stamp})


def media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _stamp(folder: str, below: str = "") -> Iterator[tuple[str, int, int]]:
    """Each file's name, date and length: what is looked at for each page, so by scandir."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _stamp(entry.path, f"{below}{entry.name}/")
            else:
                stat = entry.stat()
                yield f"{below}{entry.name}", stat.st_mtime_ns, stat.st_size


def _is_theirs(name: str) -> bool:
    return name.endswith(".js") and name.startswith(THEIRS)


def _without(what: re.Pattern[bytes], name: str, data: bytes) -> bytes:
    ours = name.endswith((".js", ".css")) and not name.startswith(THEIRS)  # nor their licences
    return what.sub(b"", data) if ours else data


def _tight(name: str, data: bytes) -> bytes:
    data = _without(INDENTS, name, data)
    return SPACES.sub(rb"\1\2", data) if name.endswith(".css") else data


def _join_sheets(files: dict[str, bytes], page: str) -> None:
    """Puts the sheets that a page names one behind the other into one."""
    if (run := SHEETS.search(files[page])) is None:
        return
    named = [name.decode() for name in SHEET.findall(run[0])]
    if not all(name in files for name in named):
        return
    joined = f"style/{PurePosixPath(page).stem}.page.css"
    files[joined] = b"".join(files[name] for name in named)
    link = f'    <link rel="stylesheet" href="static/{joined}">\n'.encode()
    files[page] = files[page].replace(run[0], link)


def _version(files: Mapping[str, bytes]) -> str:
    digest = blake2b(digest_size=VERSION_BYTES)
    for name, data in files.items():
        digest.update(f"{len(name)}:{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()


def _page(files: Mapping[str, bytes], name: str, root: str) -> bytes:
    """A page, its files by version. Where it has the page's script, all modules of that are named,
    to be loaded at once, and those of each view, which the page asks for when it shows that."""
    text = NAMED.sub(rf"\1{root}", files[name].decode())
    if f"{root}{PAGE}" not in text:
        return text.encode()
    first = [*_needed(files, PAGE)]
    lines = [f'<link rel="modulepreload" href="{root}{module}">' for module in first[1:]]
    views = dict[str, list[str]]()
    for path, view in LAZY.findall(files[PAGE].decode()):
        needed = _needed(files, beside(PAGE, path))
        views[view] = [root + module for module in needed if module not in first]
    return _with_head(text.encode(), [*lines, _data("modules", views)])


def _with_head(page: bytes, lines: Iterable[str]) -> bytes:
    head = "".join(f"    {line}\n" for line in lines).encode()
    return page.replace(HEAD_ENDS, head + HEAD_ENDS, 1)


def _needed(files: Mapping[str, bytes], module: str) -> Iterator[str]:
    """The module, and what it imports (not by `import()`), each once."""
    seen, left = {module}, [module]
    while left:
        yield (name := left.pop(0))
        for path in IMPORTS.findall(files.get(name, b"").decode()):
            if (found := beside(name, path)) not in seen:
                seen.add(found)
                left.append(found)


def _data(id: str, value: object) -> str:
    """JSON in a page: nothing in it can end its element."""
    text = json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{id}">{text}</script>'
