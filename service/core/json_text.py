"""Passes JSON on as it was written. Payloads are their callers' and AWS's, and a number that is
read and written anew is rounded: so a payload stays text, and documents are written around it."""

import json
import secrets
from collections.abc import Mapping
from typing import NoReturn

from pydantic_core import PydanticSerializationError, from_json, to_json

from .json_grammar import is_json, without_half_pairs
from .models import Json

LONGEST_INTEGER = 4300
"""In digits: Python reads no longer one (sys.int_info.default_max_str_digits)."""

_MARK = secrets.token_hex(16)  # stands for a text in what is written around it; nobody can send it
_QUOTED_MARK = f'"{_MARK}"'.encode()


class JsonText:
    """A JSON value as the text it is. No dataclass: pydantic would write it as an object."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonText) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def json_bytes(value: Json, *, indent: int | None = None) -> bytes:
    """The value as JSON in UTF-8, any JsonText in it as it is. Half a surrogate pair in a string,
    which is what is left of an emoji where AWS cut a cause, becomes U+FFFD."""
    texts: list[bytes] = []

    def mark(unknown: object) -> str:
        if not isinstance(unknown, JsonText):
            raise TypeError(f"{type(unknown).__name__} has no JSON.")
        texts.append(unknown.text.encode())
        return _MARK

    try:
        around = to_json(value, indent=indent, inf_nan_mode="null", fallback=mark)
    except PydanticSerializationError:
        texts.clear()
        around = to_json(_whole(value), indent=indent, inf_nan_mode="null", fallback=mark)
    if not texts:
        return around
    pieces = around.split(_QUOTED_MARK)
    return b"".join(piece for both in zip(pieces, [*texts, b""], strict=True) for piece in both)


def text_of(value: Json) -> str:
    """The value as JSON, any JsonText in it as it is."""
    return value.text if isinstance(value, JsonText) else json_bytes(value).decode()


def shown(text: str) -> JsonText | str:
    """A payload of AWS's as documents show it: the JSON that it is, on one line, half a surrogate
    pair in it as U+FFFD. What isn't whole JSON (AWS truncates) stays the text that it is."""
    text = whole(text)
    try:
        from_json(text, allow_inf_nan=False, cache_strings=False)
    except ValueError:  # no JSON, or too deep, half a pair, or a long number
        if not is_json(text):
            return text
        text = without_half_pairs(text)
    return JsonText(text.replace("\n", " ").replace("\r", " "))


def whole(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def exact(text: str | bytes) -> Json:
    """The value of a JSON text, with JsonText for a number that Python would write otherwise.
    Raises ValueError, also where it is too deep to be read."""
    try:
        return _EXACT.decode(text if isinstance(text, str) else text.decode())
    except RecursionError:
        raise ValueError("It is nested too deeply to be read.") from None


def _integer(text: str) -> int | JsonText:
    longest = LONGEST_INTEGER + text.startswith("-")
    return JsonText(text) if text == "-0" or len(text) > longest else int(text)


def _float(text: str) -> float | JsonText:
    number = float(text)
    return number if repr(number) == text else JsonText(text)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value.")


_EXACT = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_no_number)


def _whole(value: Json) -> Json:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value
