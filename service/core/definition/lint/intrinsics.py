"""Reads intrinsic functions: `States.Format('{} of {}', $.part, States.ArrayLength($.all))`.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .json_paths import MalformedPath, ReadPath, path_at

_CALL = re.compile(r"States\.(?P<name>\w+)\s*\(")
_TEXT = re.compile(r"'(?P<text>(?:[^'\\]|\\.)*)'", re.DOTALL)
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|(?:true|false|null)\b")
_SPACE = re.compile(r"\s*")
_PLACE = re.compile(r"\\.|(\{\})", re.DOTALL)
_MANY = 1_000
_MOST_NESTED = 100

ARGUMENTS: Mapping[str, tuple[int, int]] = {
    "Array": (0, _MANY),
    "ArrayContains": (2, 2),
    "ArrayGetItem": (2, 2),
    "ArrayLength": (1, 1),
    "ArrayPartition": (2, 2),
    "ArrayRange": (3, 3),
    "ArrayUnique": (1, 1),
    "Base64Decode": (1, 1),
    "Base64Encode": (1, 1),
    "Format": (1, _MANY),
    "Hash": (2, 2),
    "JsonMerge": (3, 3),
    "JsonToString": (1, 1),
    "MathAdd": (2, 2),
    "MathRandom": (2, 3),
    "StringSplit": (2, 2),
    "StringToJson": (1, 1),
    "UUID": (0, 0),
}
"""How many arguments each function takes, the least and the most."""

_NUMBERS_ALONE = {"MathAdd", "MathRandom", "ArrayRange"}


class MalformedIntrinsic(Exception):
    """`rule` is the id of lint's rule."""

    def __init__(self, message: str, rule: str = "malformed-intrinsic") -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments: inner calls, paths, texts (without quotes), other literals."""

    name: str
    arguments: "tuple[Call | ReadPath | str | Literal, ...]"

    @property
    def paths(self) -> Iterator[ReadPath]:
        for argument in self.arguments:
            if isinstance(argument, Call):
                yield from argument.paths
            elif isinstance(argument, ReadPath):
                yield argument

    @property
    def calls(self) -> "Iterator[Call]":
        yield self
        for argument in self.arguments:
            if isinstance(argument, Call):
                yield from argument.calls

    @property
    def lacks_values(self) -> bool:
        """True for a Format whose text asks for more or fewer values than there are."""
        if self.name != "Format" or not self.arguments or not isinstance(self.arguments[0], str):
            return False
        places = sum(found[1] is not None for found in _PLACE.finditer(self.arguments[0]))
        return places != len(self.arguments) - 1


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, true, false or null."""

    text: str


def read_intrinsic(text: str) -> Call:
    """A call that is the whole text. Raises MalformedIntrinsic."""
    call, end = _call(text, 0, 0)
    if text[end:].strip():
        raise MalformedIntrinsic(f"{text[end:].strip()!r} can't follow its last bracket")
    return call


def _call(text: str, start: int, depth: int) -> tuple[Call, int]:
    if (head := _CALL.match(text, start)) is None or depth > _MOST_NESTED:
        raise MalformedIntrinsic(f"no function call at position {start + 1}")
    name, at = head["name"], _past_space(text, head.end())
    arguments: list[Call | ReadPath | str | Literal] = []
    while not text.startswith(")", at):
        if arguments:
            if not text.startswith(",", at):
                raise MalformedIntrinsic(f"a comma or bracket is missing at position {at + 1}")
            at = _past_space(text, at + 1)
        argument, at = _argument(text, at, depth)
        arguments.append(argument)
        at = _past_space(text, at)
    call = Call(name, tuple(arguments))
    _check(call)
    return call, at + 1


def _argument(text: str, at: int, depth: int) -> tuple[Call | ReadPath | str | Literal, int]:
    if (quoted := _TEXT.match(text, at)) is not None:
        return quoted["text"], quoted.end()
    if (literal := _LITERAL.match(text, at)) is not None:
        return Literal(literal[0]), literal.end()
    if text.startswith("$", at):
        try:
            path = path_at(text, at)
        except MalformedPath as error:
            raise MalformedIntrinsic(f"its path can't be read: {error}") from error
        return path, path.end
    return _call(text, at, depth + 1)


def _check(call: Call) -> None:
    if call.name not in ARGUMENTS:
        raise MalformedIntrinsic(f"there is no function States.{call.name}", "unknown-intrinsic")
    (least, most), given = ARGUMENTS[call.name], len(call.arguments)
    if not least <= given <= most:
        wanted = str(least) if least == most else f"{least} or more"
        message = f"States.{call.name} takes {wanted} arguments, not {given}"
        raise MalformedIntrinsic(message, "intrinsic-arguments")
    if call.name in _NUMBERS_ALONE and any(isinstance(each, str) for each in call.arguments):
        message = f"States.{call.name} takes numbers, not text"
        raise MalformedIntrinsic(message, "intrinsic-arguments")


def _past_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
