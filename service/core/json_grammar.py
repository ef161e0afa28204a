"""Tells whether a text is JSON, and where something stands in it, however deep or long it is."""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NoReturn

_STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(
    r"[ \t\n\r]*(?:(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)|(?P<colon>:)"
    rf"|(?P<string>{_STRING})|(?P<scalar>{_NUMBER}|true|false|null))"
)
_BLANKS = " \t\n\r"
_SKIPPED = re.compile(rf"[{_BLANKS}]*")
# Two escaped halves are a pair, and a backslash may itself be escaped; what is left is a half.
_HALF = re.compile(
    r"(?:\\\\)+|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_STEPS = bytes(1 if c in b"[{" else 255 if c in b"]}" else 0 for c in range(256))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


# Numbers are read as their lengths, which takes no time whatever they are.
_DECODER = json.JSONDecoder(parse_float=len, parse_int=len, parse_constant=_no_number)


def is_json(text: str) -> bool:
    """Whether the whole text is one JSON value, of any depth."""
    try:
        _DECODER.decode(text)
    except RecursionError:
        return _is_deep_json(text)
    except ValueError:
        return False
    return True


def deeper_than(text: str, levels: int) -> int | None:
    """Where in a JSON text the first bracket stands that opens more than so many levels, None where
    none does."""
    bare = _STRINGS.sub(lambda found: " " * len(found[0]), text)
    steps = memoryview(bare.encode("latin-1", "replace").translate(_STEPS)).cast("b")
    if max(accumulate(steps), default=0) <= levels:  # told in a third of the time
        return None
    return next(at for at, depth in enumerate(accumulate(steps)) if depth > levels)


def half_pair(text: str) -> int | None:
    """Where in a JSON text half a surrogate pair is escaped, None where it is nowhere."""
    found = (each.start() for each in _HALF.finditer(text) if each["half"])
    return next(found, None)


def without_half_pairs(text: str) -> str:
    """The JSON text with U+FFFD, escaped, for each escaped half of a surrogate pair."""
    return _HALF.sub(lambda found: r"\ufffd" if found["half"] else found[0], text)


def members(text: str) -> Iterator[tuple[str, slice]]:
    """The name of each member of a JSON object, and where in the text its value stands. One that is
    no JSON or too deep is the last, and reaches to the end of the text."""
    at = _skipped(text, text.index("{") + 1)
    while text[at : at + 1] == '"':
        try:
            name, at = _DECODER.raw_decode(text, at)
        except ValueError:
            return
        start = _skipped(text, _skipped(text, at) + 1)  # behind the colon
        try:
            _, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = len(text)
        yield name, slice(start, end)
        at = _skipped(text, _skipped(text, end) + 1)  # behind the comma, or the brace


def _skipped(text: str, at: int) -> int:
    found = _SKIPPED.match(text, at)
    return found.end() if found else at


_VALUES = {"string": "after", "scalar": "after", "open": "opened"}
_NEXT = {
    "value": _VALUES,
    "item": {**_VALUES, "close": "after"},
    "key": {"string": "colon"},
    "first key": {"string": "colon", "close": "after"},
    "colon": {"colon": "value"},
    "after": {"comma": "separated", "close": "after"},
}


def _is_deep_json(text: str) -> bool:
    """The same without recursion, for what is deeper than Python's decoder goes."""
    state, at, closing = "value", 0, list[str]()
    while (token := _TOKEN.match(text, at)) is not None:
        kind, found = str(token.lastgroup), token[token.lastgroup or 0]
        state, at = _NEXT[state].get(kind, "wrong"), token.end()
        if state == "opened":
            closing.append("]" if found == "[" else "}")
            state = "item" if found == "[" else "first key"
        elif kind == "close" and (not closing or closing.pop() != found):
            return False
        elif state == "separated":
            state = ("value" if closing[-1] == "]" else "key") if closing else "wrong"
        if state == "wrong":
            return False
    return state == "after" and not closing and not text[at:].strip(_BLANKS)
