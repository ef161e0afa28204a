"""Reads and writes JSON with every number as it was written: `1.10` stays `1.10`. Pure."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from service.core.models import Json

_UNSEEN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls that JSON leaves as they are, but a terminal acts on; and halves of surrogate pairs."""
_LONGEST_INT = 4300  # digits that Python converts


class JsonText:
    """A value that is sent as the text it came as."""

    def __init__(self, text: str) -> None:
        self.text = text


class WrittenNumber(float):
    """A number that Python would write otherwise than it was."""

    text: str


def parse(text: str | bytes) -> Json:
    """The value. Raises ValueError, also for NaN and Infinity, which aren't JSON, and
    RecursionError."""
    return json.loads(text, parse_float=_float, parse_int=_int, parse_constant=_refuse_constant)


def text_of(value: Json, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """The value as JSON: on one line, or with `indent` one member a line."""
    return "".join(_write(value, indent, "\n", ascii_only))


def _write(value: Json, indent: int | None, newline: str, ascii_only: bool) -> Iterator[str]:
    if isinstance(value, WrittenNumber | JsonText):
        yield value.text
    elif isinstance(value, dict | list) and value:
        inner = newline + " " * indent if indent else ""
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        colon = ": " if indent else ":"
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for number, (key, item) in enumerate(items):
            yield f"{',' if number else opening}{inner}"
            if isinstance(value, dict):
                yield f"{_scalar(key, ascii_only)}{colon}"
            yield from _write(item, indent, inner or newline, ascii_only)
        yield f"{newline if indent else ''}{closing}"
    else:
        yield _scalar(value, ascii_only)


def _scalar(value: Json, ascii_only: bool) -> str:
    text = json.dumps(value, ensure_ascii=ascii_only)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _float(text: str) -> float:
    value = float(text)
    return value if repr(value) == text else _written(value, text)


def _int(text: str) -> float:
    if len(text) > _LONGEST_INT:
        return _written(float(text), text)
    value = int(text)
    return value if text != "-0" else _written(-0.0, text)


def _written(value: float, text: str) -> WrittenNumber:
    number = WrittenNumber(value)
    number.text = text
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
