"""Hands values to the library and takes them from it. The library tells null from undefined by a
value of its own, and has functions and lists that JSON hasn't."""

import json
import math
from collections.abc import Iterator
from typing import Any

from jsonata import Utils
from jsonata.functions import Functions
from jsonata.jexception import JException

UNDEFINED: Any = object()
"""What an expression has that gives nothing."""
_LONG = 2**63
_MOST_ITEMS = 873_782  # AWS evaluates [1..873782], and no longer one
MOST_CHARACTERS = _MOST_ITEMS * 8
TOO_LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


class NoJsonResult(Exception):
    """A value that is, or holds, a function."""


def library_value(value: Any) -> Any:
    """A copy of the JSON value in which null is the library's."""
    match value:
        case None:
            return Utils.NULL_VALUE
        case dict():
            return {key: library_value(item) for key, item in value.items()}
        case list():
            return [library_value(item) for item in value]
        case _:
            return value


def json_value(value: Any) -> Any:
    """The value as JSON, or UNDEFINED. A number that isn't finite is a text, as on AWS. Raises
    NoJsonResult, and JException where it is too large."""
    return UNDEFINED if value is None else Copy().of(value)


class Copy:
    """Copies one value, and counts what it holds."""

    def __init__(self) -> None:
        self._left = MOST_CHARACTERS

    def of(self, value: Any) -> Any:
        self._left -= len(value) if isinstance(value, str) else 8
        if self._left < 0:
            raise JException(TOO_LARGE, -1)
        match value:
            case None | Utils.NULL_VALUE:
                return None
            case bool() | str():
                return value
            case int() | float():
                return _number(value)
            case dict():
                return {key: self.of(item) for key, item in value.items() if item is not None}
            case list():
                return [self.of(item) for item in value]
            case _:
                raise NoJsonResult


def _number(value: float) -> Any:
    if not math.isfinite(value):
        return non_finite(value)
    return float(value) if abs(value) >= _LONG else value


def non_finite(value: float) -> str:
    """As JavaScript names it."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def check_size(value: Any) -> None:
    """Raises JException for a text or list larger than AWS lets an expression hold."""
    if isinstance(value, str):
        too_large = len(value) > MOST_CHARACTERS
    elif isinstance(value, Utils.RangeList):
        too_large = value.b - value.a > _MOST_ITEMS
    else:
        too_large = isinstance(value, list) and len(value) > _MOST_ITEMS
    if too_large:
        raise JException(TOO_LARGE, -1)


def is_function(value: Any) -> bool:
    return bool(Utils.is_function(value) or Functions.is_lambda(value) or Functions.is_regex(value))


def integral(value: float) -> float:
    """A number as the library keeps it: one that is whole and exact as an int."""
    if not math.isfinite(value) or value != int(value) or abs(value) >= _LONG:
        return value
    return int(value)


def number_text(value: float) -> str:
    """As JavaScript writes it."""
    value = float(value)
    if value == 0:
        return "0"
    digits, exponent = f"{abs(value)!r}", 0
    if "e" in digits:
        digits, _, power = digits.partition("e")
        exponent = int(power)
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    digits, point = (whole + fraction).lstrip("0"), len(whole) + exponent
    point -= len(whole + fraction) - len(digits)
    return "-" * (value < 0) + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """`digits` with the decimal point after `point` of them."""
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    if 0 < point <= 21:
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        return f"{whole}.{fraction}" if fraction else whole
    exponent = point - 1
    mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
    return f"{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def json_text(value: Any, *, pretty: bool = False) -> str:
    """The library's value as `$string` writes it: numbers with 15 digits, "" for functions. Raises
    JException for a number that isn't finite, and where it is too large."""
    return "".join(_written(_Texts().of(value), "\n" if pretty else ""))


def _written(value: Any, line: str) -> Iterator[str]:
    """`line` begins a line of this depth; without one, all are in the same."""
    if not isinstance(value, list | dict) or not value:
        yield value if isinstance(value, _Text) else json.dumps(value, ensure_ascii=False)
        return
    named = isinstance(value, dict)
    deeper = line and f"{line}  "
    between = "{" if named else "["
    for item in value:
        yield between + deeper
        if named:
            yield json.dumps(item, ensure_ascii=False) + (": " if line else ":")
        yield from _written(value[item] if named else item, deeper)
        between = ","
    yield line + ("}" if named else "]")


class _Text(str):
    """What stands as it is in JSON."""


class _Texts(Copy):
    """With numbers as they are written."""

    def of(self, value: Any) -> Any:
        if is_function(value):
            return ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return super().of(value)
        if not math.isfinite(value):
            raise JException("D1001", -1, value)
        rounded = float(f"{float(value):.15g}")
        return _Text(number_text(rounded) if math.isfinite(rounded) else "null")
