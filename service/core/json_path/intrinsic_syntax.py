"""Reads a call of an intrinsic function: `States.Format('{} of {}', $.name, $$.Execution.Id)`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from .path_syntax import MalformedPath
from .references import Reference, parse_reference

ARGUMENTS: dict[str, tuple[int, int | None]] = {
    "Array": (0, None),
    "ArrayContains": (2, 2),
    "ArrayGetItem": (2, 2),
    "ArrayLength": (1, 1),
    "ArrayPartition": (2, 2),
    "ArrayRange": (3, 3),
    "ArrayUnique": (1, 1),
    "Base64Decode": (1, 1),
    "Base64Encode": (1, 1),
    "Format": (1, None),
    "Hash": (2, 2),
    "JsonMerge": (3, 3),
    "JsonToString": (1, 1),
    "MathAdd": (2, 2),
    "MathRandom": (2, 3),
    "StringSplit": (2, 2),
    "StringToJson": (1, 1),
    "UUID": (0, 0),
}
"""The functions, with the fewest and the most arguments they take."""
_DEEPEST = 10
_NAME = re.compile(r"States\.(\w+)\s*\(")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(?=[\s,)])")
_WORD = re.compile(r"(true|false|null)(?=[\s,)])")
_WORDS = {"true": True, "false": False, "null": None}
_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<place>\{\})|(?P<brace>[{}])|(?P<plain>.)", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_QUOTED_IN_PATH = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|/(?:[^/\\]|\\.)*/")


class MalformedIntrinsic(ValueError):
    """Says what is wrong, and where in the call."""


class UnknownIntrinsic(MalformedIntrinsic):
    """There is no function of this name."""


class WrongArguments(MalformedIntrinsic):
    """Too few, or too many."""


class IntrinsicText(str):
    """A text in a function's arguments: what it means, and as it was written (`raw`)."""

    raw: str

    def __new__(cls, raw: str) -> "IntrinsicText":
        self = super().__new__(cls, _PIECE.sub(meant, raw))
        self.raw = raw
        return self

    def __deepcopy__(self, _: object) -> "IntrinsicText":
        return self


@dataclass(frozen=True, slots=True)
class Constant:
    value: IntrinsicText | float | bool | None


@dataclass(frozen=True, slots=True)
class IntrinsicCall:
    name: str
    arguments: tuple["Argument", ...]

    @property
    def calls(self) -> Iterator["IntrinsicCall"]:
        """This one, and those among its arguments, at any depth."""
        yield self
        for argument in self.arguments:
            if isinstance(argument, IntrinsicCall):
                yield from argument.calls


Argument = Constant | Reference | IntrinsicCall


@lru_cache(4096)
def parse_intrinsic(text: str) -> IntrinsicCall:
    """Raises MalformedIntrinsic."""
    reader = _Reader(text.strip(), 0)
    call = reader.call(1)
    if reader.at < len(reader.text):
        reader.refuse("this can't follow")
    return call


def pieces(text: str) -> list[re.Match[str]]:
    """A template's characters and `{}`; groups: escaped, place, brace, plain."""
    return list(_PIECE.finditer(getattr(text, "raw", text)))


def meant(piece: re.Match[str]) -> str:
    escaped = piece["escaped"]
    return piece[0] if escaped is None else _CONTROLS.get(escaped, escaped)


def references(call: IntrinsicCall) -> list[Reference]:
    """The paths among the arguments, at any depth, in order."""
    found: list[Reference] = []
    for argument in call.arguments:
        if isinstance(argument, Reference):
            found.append(argument)
        elif isinstance(argument, IntrinsicCall):
            found += references(argument)
    return found


@dataclass(slots=True)
class _Reader:
    """Reads on from `at`."""

    text: str
    at: int

    def refuse(self, why: str, error: type[MalformedIntrinsic] = MalformedIntrinsic) -> NoReturn:
        raise error(f"{why} at character {self.at + 1} of {self.text}")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def takes(self, mark: str) -> bool:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        if not self.text.startswith(mark, self.at):
            return False
        self.at += 1
        return True

    def call(self, depth: int) -> IntrinsicCall:
        if depth > _DEEPEST:
            self.refuse(f"functions are nested more than {_DEEPEST} deep")
        start, name = self.at, self.match(_NAME)
        if name is None:
            self.refuse("a function States.…( is missing")
        if name[1] not in ARGUMENTS:
            self.at = start
            self.refuse(f"there is no function States.{name[1]}", UnknownIntrinsic)
        arguments: list[Argument] = []
        while not self.takes(")"):
            if arguments and not self.takes(","):
                self.refuse(", or ) is missing")
            self.takes(" ")
            arguments.append(self.argument(depth))
        fewest, most = ARGUMENTS[name[1]]
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            self.at = start
            given = f"States.{name[1]} doesn't take {len(arguments)} arguments"
            self.refuse(given, WrongArguments)
        return IntrinsicCall(name[1], tuple(arguments))

    def argument(self, depth: int) -> Argument:
        if self.text.startswith("States.", self.at):
            return self.call(depth + 1)
        if self.text.startswith("$", self.at):
            return self.reference()
        return Constant(self.constant())

    def constant(self) -> IntrinsicText | float | bool | None:
        if found := self.match(_TEXT):
            if '\\"' in found[1]:
                self.refuse('\\" is no escape')
            return IntrinsicText(found[1])
        if found := self.match(_NUMBER):
            whole = found[1] is None and found[2] is None
            return int(found[0]) if whole else float(found[0])
        word = self.match(_WORD)
        if word is None:
            self.refuse("an argument is missing")
        return _WORDS[word[1]]

    def reference(self) -> Reference:
        """Up to the comma or bracket that ends the argument."""
        start, open_brackets = self.at, 0
        while self.at < len(self.text):
            mark = self.text[self.at]
            if self.match(_ESCAPED) or (open_brackets and self.match(_QUOTED_IN_PATH)):
                continue
            if mark in "([":
                open_brackets += 1
            elif mark in ")]" and open_brackets:
                open_brackets -= 1
            elif not open_brackets and (mark in ",)" or mark.isspace()):
                break
            self.at += 1
        path = self.text[start : self.at]
        try:
            return parse_reference(path)
        except MalformedPath as error:
            raise MalformedIntrinsic(f"{error}, in {self.text}") from error
