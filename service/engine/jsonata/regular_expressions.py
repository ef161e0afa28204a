"""Compiles JavaScript's regular expressions for the library, and bounds how long one may search:
Python's own `re` holds every thread of the process while it backtracks."""

from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import Any, Protocol

import regex
from jsonata import Utils
from jsonata.jexception import JException
from jsonata.regex_engine import RegexFlags

_WORD = "A-Za-z0-9_"
_SPACE = r"\s\u00a0\ufeff\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_LINE_ENDS = r"\n\r\u2028\u2029"
_AT_A_WORD = f"(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}])"
_INSIDE_A_WORD = f"(?<=[{_WORD}])(?=[{_WORD}])|(?<![{_WORD}])(?![{_WORD}])"
_OF_A_CLASS = {"d": "0-9", "w": _WORD, "s": _SPACE, "b": r"\x08", "/": "/", "-": r"\-"}
_ALONE = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": f"[{_WORD}]",
    "W": f"[^{_WORD}]",
    "s": f"[{_SPACE}]",
    "S": f"[^{_SPACE}]",
    "b": f"(?:{_AT_A_WORD})",
    "B": f"(?:{_INSIDE_A_WORD})",
    "/": "/",
}
_TOKEN = regex.compile(
    r"\\k<(?P<named>\w+)>|\\c(?P<control>[A-Za-z])|\\(?P<escaped>.)"
    r"|(?P<set>\[\^?(?:\\.|[^\]\\])*\])|(?P<counted>\{\d+(?:,\d*)?\})|(?P<plain>.)",
    regex.DOTALL,
)
_IN_A_SET = regex.compile(r"\\(?P<escaped>.)|(?P<plain>.)", regex.DOTALL)
_SPECIAL = {".": f"[^{_LINE_ENDS}]", "{": r"\{", "}": r"\}"}


class TimeLeft(Protocol):
    """What is left of an evaluation's time, in seconds; raises where nothing is."""

    def __call__(self) -> float: ...


class RegularExpression:
    """Has the methods by which the library knows a regular expression, and is called as one of its
    functions of one argument."""

    arguments = ("text",)

    def __init__(self, pattern: str, flags: RegexFlags, left: TimeLeft) -> None:
        options = regex.IGNORECASE * flags.case_insensitive | regex.MULTILINE * flags.multiline
        try:
            self._compiled = regex.compile(_in_python(pattern, flags.multiline), options)
        except regex.error as error:
            raise JException(f"Invalid regular expression: /{pattern}/: {error}", -1) from error
        self._left = left

    def finditer(self, text: str) -> Iterator[Any]:
        """The matches in order. Raises JException for one of no length, as JSONata does, and where
        the evaluation's time is over."""
        found = self._compiled.finditer(text, concurrent=True, timeout=self._left())
        while True:
            try:
                match = next(found, None)
            except TimeoutError:
                while True:  # until the evaluation's time is over by its own clock, which raises
                    sleep(self._left())
            if match is None:
                return
            if not match[0]:
                raise JException("D1004", -1)
            yield match

    def call(self, _input: Any, arguments: Sequence[Any]) -> dict[str, Any] | None:
        """The first match in the text."""
        text = arguments[0] if arguments else None
        found = self.search(text) if isinstance(text, str) else None
        return found and matched(found)

    def search(self, text: str) -> Any:
        return next(self.finditer(text), None)

    def split(self, text: str) -> list[str]:
        pieces, position = [], 0
        for match in self.finditer(text):
            pieces.append(text[position : match.start()])
            position = match.end()
        return [*pieces, text[position:]]

    def sub(self, replaced: Callable[[Any], str], text: str, count: int | None = None) -> str:
        """With `replaced(match)` for each match, or for the first `count`."""
        pieces, position = [], 0
        for index, match in enumerate(self.finditer(text) if count != 0 else ()):
            pieces += [text[position : match.start()], replaced(match)]
            position = match.end()
            if index + 1 == count:
                break
        return "".join([*pieces, text[position:]])


def matched(found: Any) -> dict[str, Any]:
    """A match as JSONata has it."""
    groups = [Utils.NULL_VALUE if group is None else group for group in found.groups()]
    return {"match": found[0], "start": found.start(), "end": found.end(), "groups": groups}


def _in_python(pattern: str, multiline: bool) -> str:
    def translated(token: Any) -> str:
        whole = str(token[0])
        if token["named"]:
            return f"(?P={token['named']})"
        if token["control"]:
            return f"\\x{ord(token['control']) % 32:02x}"
        if token["escaped"]:
            return _ALONE.get(token["escaped"], whole)
        if token["set"]:
            return _set(whole)
        if token["plain"] == "$" and not multiline:
            return r"\Z"
        return _SPECIAL.get(token["plain"] or "", whole)

    return str(_TOKEN.sub(translated, pattern))


def _set(text: str) -> str:
    if text in ("[]", "[^]"):
        return "(?!)" if text == "[]" else r"[\s\S]"
    inverted = text.startswith("[^")
    negated: list[str] = []

    def translated(token: Any) -> str:
        if (escaped := token["escaped"]) and escaped in "DWS":
            negated.append(_ALONE[escaped])
            return ""
        whole = str(token[0])
        return _OF_A_CLASS.get(escaped, whole) if escaped else whole.replace("[", r"\[")

    inside = _IN_A_SET.sub(translated, text[1 + inverted : -1])
    if not negated:
        return f"[{'^' * inverted}{inside}]"
    either = "|".join([*negated, *([f"[{inside}]"] if inside else [])])
    return f"(?:(?!{either})[\\s\\S])" if inverted else f"(?:{either})"
