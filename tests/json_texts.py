"""Draws JSON texts as callers really spell them, and tells what one means with its numbers as they
are written."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

NUMBERS = (
    "0", "-0", "-0.0", "7", "1.10", "1.00", "1e0", "1E5", "1e+05", "-1.5E-3", "1e400", "1e-999",
    "12345678901234567.89", "0.1234567890123456789012345", "12345678901234567890123",
    "9007199254740993", "0.30000000000000004", "9" * 4300,
)  # fmt: skip
STRINGS = (
    '""', '"a"', '"1.10"', r'"\u00e9\n"', '"\u20ac"', r'"\ud83d\ude00"', '"\U0001f600"',
    r'"\\ud800"', r'"\"NaN\" \/ \u0000"', '"\x7f\u2028"', '"[redacted]"',
)  # fmt: skip
HALVES = (r'"\ud800"', r'"a\udc00b"', r'"\ude00\ud83d"', r'"\\\ud800\\"', r'"\ud83d\ud83d\ude00"')
"""Strings that hold half a surrogate pair: AWS may have them, callers may not send them."""
_BLANKS = st.sampled_from(("", "", "", " ", "\n", "\t\r\n "))


@st.composite
def _spelled(draw: st.DrawFn, parts: tuple[st.SearchStrategy[str], ...]) -> str:
    return "".join(draw(part) for part in parts)


def _between(opening: str, items: st.SearchStrategy[str], closing: str) -> st.SearchStrategy[str]:
    return st.lists(_spelled((_BLANKS, items, _BLANKS)), max_size=4).map(
        lambda found: f"{opening}{','.join(found)}{closing}"
    )


def json_texts(*more_strings: str) -> st.SearchStrategy[str]:
    """Any value, its blanks, escapes and numbers spelled in all ways, keys twice."""
    strings = st.sampled_from((*STRINGS, *more_strings)) | st.text(max_size=9).map(json.dumps)
    scalars = st.sampled_from((*NUMBERS, "true", "false", "null")) | strings

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        member = _spelled((strings, _BLANKS, st.just(":"), _BLANKS, inner))
        return _between("[", inner, "]") | _between("{", member, "}")

    return _spelled((_BLANKS, st.recursive(scalars, wider, max_leaves=12), _BLANKS))


def meaning(text: str | bytes) -> Any:
    """The value; numbers as their texts, objects as all their members in order, half a surrogate
    pair as U+FFFD."""

    def number(spelled: str) -> tuple[str, str]:
        return "number", spelled

    def members(pairs: list[tuple[str, Any]]) -> tuple[str, list[tuple[str, Any]]]:
        return "object", pairs

    def whole(value: Any) -> Any:
        if isinstance(value, str):
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if isinstance(value, list | tuple):
            return type(value)(map(whole, value))
        return value

    text = text.decode() if isinstance(text, bytes) else text
    decoder = json.JSONDecoder(parse_float=number, parse_int=number, object_pairs_hook=members)
    return whole(decoder.decode(text))


def member(text: str | bytes, *path: str | int) -> Any:
    """The meaning of a part of a document."""
    found = meaning(text)
    for name in path:
        found = found[name] if isinstance(name, int) else dict(found[1])[name]
    return found


def drawn(texts: st.SearchStrategy[str], count: int) -> list[str]:
    """The first different ones, for tests that take long and hold a server."""
    found: dict[str, None] = {}

    @given(texts)
    def take(text: str) -> None:
        found[text] = None

    take()
    return list(found)[:count]
