"""Reads the text of a path. What it means is `path_reading`'s."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from .path_steps import (
    All,
    Both,
    Call,
    Comparison,
    Descent,
    Either,
    Elements,
    Filter,
    Literal,
    Members,
    Negation,
    Operand,
    Path,
    Pattern,
    Predicate,
    Presence,
    Range,
    Step,
)

FUNCTIONS = frozenset(
    [
        "min",
        "max",
        "avg",
        "stddev",
        "sum",
        "length",
        "size",
        "keys",
        "first",
        "last",
        "index",
        "concat",
        "append",
    ]
)
_OPERATOR = re.compile(
    r"\s*(===|!==|==|!=|<=|>=|=~|<|>|(?:in|nin|subsetof|anyof|noneof|contains|size|empty)\b)", re.I
)
_NAME = re.compile(r"(?:\\.|[^.\[\]()\s\\])+", re.DOTALL)
_OPERAND_NAME = re.compile(r"(?:\\.|[^.\[\]()\s=!<>&|,\\])+", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/([a-z]*)", re.DOTALL)
_INDEX = re.compile(r"\s*(-?\d+)\s*")
_RANGE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?\]")
_WORD = re.compile(r"(true|false|null)\b")
_BARE_TEXT = re.compile(r"[^\W\d][\w-]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class MalformedPath(ValueError):
    """Says what is wrong, and where in the path."""


@lru_cache(4096)
def parse_path(text: str) -> Path:
    """A path that begins with `$`; blanks may follow it. Raises MalformedPath."""
    if not text.startswith("$"):
        raise MalformedPath(f"a path begins with $: {text}")
    reader = _Reader(text.rstrip(), 1)
    steps = reader.steps(_NAME)
    if reader.at < len(reader.text):
        reader.refuse("this can't follow")
    return Path(True, steps)


@dataclass(slots=True)
class _Reader:
    """Reads on from `at`."""

    text: str
    at: int

    def refuse(self, why: str) -> NoReturn:
        raise MalformedPath(f"{why} at character {self.at + 1} of {self.text}")

    def takes(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def expect(self, mark: str) -> None:
        self.blanks()
        if not self.takes(mark):
            self.refuse(f"{mark} is missing")

    def blanks(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def steps(self, name: re.Pattern[str]) -> tuple[Step, ...]:
        """As many as there are; names end as `name` says."""
        found: list[Step] = []
        while self.text[self.at : self.at + 1] in {".", "["}:
            if found and isinstance(found[-1], Call):
                self.refuse("nothing can follow a function")
            if self.takes(".."):
                found.append(Descent(self.step(name)))
            else:
                dotted = self.takes(".")
                if dotted and self.text.startswith(".", self.at):
                    self.refuse("a name is missing")
                found.append(self.step(name))
        return tuple(found)

    def step(self, name: re.Pattern[str]) -> Step:
        if self.takes("["):
            return self.bracket()
        if self.takes("*"):
            return All()
        found = self.match(name)
        if found is None:
            self.refuse("a name is missing")
        if not self.takes("("):
            return Members((_ESCAPE.sub(r"\1", found[0]),))
        if found[0] not in FUNCTIONS:
            self.refuse(f"there is no function {found[0]}")
        return Call(found[0], self.arguments())

    def arguments(self) -> tuple[Operand, ...]:
        found: list[Operand] = []
        self.blanks()
        while not self.takes(")"):
            if found:
                self.expect(",")
            found.append(self.operand())
            self.blanks()
        return tuple(found)

    def bracket(self) -> Step:
        self.blanks()
        if self.takes("*"):
            self.expect("]")
            return All()
        if self.takes("?"):
            self.expect("(")
            predicate = self.either()
            self.expect(")")
            self.expect("]")
            return Filter(predicate)
        if found := self.match(_RANGE):
            start, stop, step = (None if part is None else int(part) for part in found.groups())
            if step == 0:
                self.refuse("a step of 0 leads nowhere")
            return Range(start, stop, step)
        if self.text[self.at : self.at + 1] in {"'", '"'}:
            return Members(tuple(self.listed(_TEXT, "a name", lambda text: _plain(text[0]))))
        return Elements(tuple(self.listed(_INDEX, "an index", lambda text: int(text[1]))))

    def listed(self, pattern: re.Pattern[str], what: str, value: Any) -> list[Any]:
        """One or more, up to the bracket's end."""
        found: list[Any] = []
        while not found or self.takes(","):
            self.blanks()
            one = self.match(pattern)
            if one is None:
                self.refuse(f"{what} is missing")
            found.append(value(one))
            self.blanks()
        self.expect("]")
        return found

    def either(self) -> Predicate:
        left = self.both()
        self.blanks()
        return Either(left, self.either()) if self.takes("||") else left

    def both(self) -> Predicate:
        left = self.condition()
        self.blanks()
        return Both(left, self.both()) if self.takes("&&") else left

    def condition(self) -> Predicate:
        self.blanks()
        if self.takes("!"):
            return Negation(self.condition())
        if self.takes("("):
            inner = self.either()
            self.expect(")")
            return inner
        left = self.operand()
        operator = self.match(_OPERATOR)
        if operator is None:
            if not isinstance(left, Path):
                self.refuse("an operator is missing")
            return Presence(left)
        return Comparison(left, operator[1].lower(), self.operand())

    def operand(self) -> Operand:
        self.blanks()
        if self.text[self.at : self.at + 1] in {"$", "@"}:
            self.at += 1
            from_root = self.text[self.at - 1] == "$"
            return Path(from_root, self.steps(_OPERAND_NAME))
        if found := self.match(_WORD) or self.match(_NUMBER):
            return Literal(json.loads(found[0]))
        if found := self.match(_TEXT) or self.match(_BARE_TEXT):
            quoted = found.re is _TEXT
            return Literal(_plain(found[0]) if quoted else found[0])
        if found := self.match(_REGEX):
            return self.pattern(found[1], found[2])
        if self.takes("["):
            return self.list_of_values()
        try:
            value, self.at = json.JSONDecoder().raw_decode(self.text, self.at)
        except (ValueError, RecursionError):
            self.refuse("a value is missing")
        return Literal(value)

    def list_of_values(self) -> Literal:
        """With either kind of quotes."""
        found: list[Any] = []
        self.blanks()
        while not self.takes("]"):
            if found:
                self.expect(",")
            one = self.operand()
            if not isinstance(one, Literal):
                self.refuse("a value is missing")
            found.append(one.value)
            self.blanks()
        return Literal(found)

    def pattern(self, source: str, flags: str) -> Pattern:
        inline = "".join(flag for flag in flags if flag in "imsx")
        try:
            compiled = re.compile(source.replace(r"\/", "/"), _flags(inline))
        except re.error as error:
            self.refuse(f"this is no regular expression ({error})")
        return Pattern(compiled)


def _flags(letters: str) -> int:
    return sum(getattr(re, letter.upper()) for letter in dict.fromkeys(letters))


def _plain(quoted: str) -> str:
    return _ESCAPE.sub(r"\1", quoted[1:-1])
