"""JSONata's own functions, where the library's differ from the reference implementation's."""

import base64
import binascii
import copy
import json
import math
import re
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from types import SimpleNamespace
from typing import Any

import jsonata
from jsonata import Utils
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.signature import Signature

from .exchange import MOST_CHARACTERS, TOO_LARGE, is_function, json_text, library_value
from .pattern_functions import contains, match, replace, split

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][0-1]+")
_ISO_8601 = re.compile(
    r"(\d{4})(?:-([01]\d)(?:-([0-3]\d))?)?"
    r"(?:T([0-2]\d):([0-5]\d):([0-5]\d)(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?)?"
)
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_STAYS_ESCAPED = ";/?:@&=+$,#"


class ReferenceSignature(Signature):  # type: ignore[misc] # the library has no types
    """The library takes null for undefined."""

    def get_symbol(self, value: Any) -> str:
        return "l" if value is Utils.NULL_VALUE else str(super().get_symbol(value))

    def throw_validation_error(self, bad_args: Any, bad_sig: Any, function_name: Any) -> Any:
        """The library's T0410 names the first argument where a later one is to blame."""
        pattern, fitting = "", 0
        for parameter in self._params:
            pattern += parameter.regex
            if not (found := re.match(pattern, bad_sig)):
                break
            fitting = found.end()
        raise JException("T0410", -1, fitting + 1, function_name)

    def validate(self, args: Any, context: Any) -> Any:
        """The library's T0411 names the context and not the function."""
        try:
            return super().validate(args, context)
        except JException as error:
            if error.error == "T0411":
                raise JException("T0411", -1, error.expected, self.function_name) from error
            raise


def native(name: str, signature: str, function: Callable[..., Any]) -> Any:
    """A function as the library calls it: missing arguments are None."""
    made = jsonata.Jsonata.JNativeFunction(
        name, signature, SimpleNamespace(**{name: function}), name
    )
    return _told_null(made)


def _told_null(function: Any) -> Any:
    told = copy.copy(function)
    told.signature = copy.copy(function.signature)
    told.signature.__class__ = ReferenceSignature
    return told


def library_functions() -> dict[str, Any]:
    """All of JSONata's functions by name, without `$eval`, which AWS takes away."""
    natives = jsonata.Jsonata.static_frame.bindings
    mended = {name: native(name, *made) for name, made in _MENDED.items()}
    return {name: _told_null(made) for name, made in natives.items()} | mended | {"eval": None}


def string(value: Any, pretty: bool | None) -> str | None:
    if isinstance(value, Utils.JList) and value.outer_wrapper:
        value = value[0]
    if value is None or isinstance(value, str):
        return value
    if is_function(value):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        raise JException("D3001", -1, value)
    return json_text(value, pretty=bool(pretty))


def number(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return int(value)
    if _OTHER_BASE.fullmatch(value):
        return int(value, 0)
    if _NUMBER.fullmatch(value) and math.isfinite(read := float(value)):
        return read
    raise JException("D3030", -1, value)


def power(base: float | None, exponent: float) -> Any:
    if base is None:
        return None
    try:
        result = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        result = math.inf
    if isinstance(result, complex) or not math.isfinite(result):
        raise JException("D3061", -1, base, exponent)
    return result


def pad(text: str | None, width: float, filler: str | None) -> Any:
    if abs(width) > MOST_CHARACTERS:
        raise JException(TOO_LARGE, -1)
    return Functions.pad(text, int(width), filler)


def base64_decode(text: str | None) -> str | None:
    """The library answers nothing for what is no base64."""
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise JException(f"{text!r} is not the base64 of a text", -1) from error


def decode_url(text: str | None) -> str | None:
    return _decoded(text, "decodeUrl", _STAYS_ESCAPED)


def decode_url_component(text: str | None) -> str | None:
    return _decoded(text, "decodeUrlComponent", "")


def _decoded(text: str | None, function: str, stays: str) -> str | None:
    if text is None:
        return None

    def unescaped(escapes: re.Match[str]) -> str:
        decoded = urllib.parse.unquote(escapes[0], errors="strict")
        return "".join(f"%{ord(char):02X}" if char in stays else char for char in decoded)

    try:
        if "%" in _ESCAPED.sub("", text):
            raise ValueError("a % without two digits")
        return _ESCAPED.sub(unescaped, text)
    except ValueError as error:
        raise JException("D3140", -1, function, text) from error


def clone(value: Any) -> Any:
    return None if value is None else library_value(json.loads(json_text(value)))


def count(items: list[Any] | None) -> int:
    return 0 if items is None else len(items)


def distinct(items: Any) -> Any:
    """The library takes true for 1, and compares each with each."""
    if not isinstance(items, list) or len(items) <= 1:
        return items
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(_identity(item), item)
    kept = found.values()
    return Utils.create_sequence_from_iter(kept) if Utils.is_sequence(items) else list(kept)


def _identity(value: Any) -> Any:
    match value:
        case dict():
            return "object", frozenset((key, _identity(item)) for key, item in value.items())
        case list():
            return "array", tuple(map(_identity, value))
        case bool():
            return "boolean", value
        case str() | int() | float():
            return value
        case _:
            return "other", id(value)


def sort(items: list[Any] | None, out_of_order: Any) -> Any:
    """Stable; the second of two changes place with the first where the function says true."""
    if items is None or len(items) <= 1:
        return items
    if out_of_order is None:
        if not (Utils.is_array_of_numbers(items) or Utils.is_array_of_strings(items)):
            raise JException("D3070", -1)
        return sorted(items)
    return _merged(
        list(items), lambda one, other: Functions.to_boolean(
            Functions.func_apply(out_of_order, [one, other])
        )
    )  # fmt: skip


def _merged(items: list[Any], out_of_order: Callable[[Any, Any], Any]) -> list[Any]:
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left = _merged(items[:middle], out_of_order)[::-1]
    right = _merged(items[middle:], out_of_order)[::-1]
    result = []
    while left and right:
        result.append((right if out_of_order(left[-1], right[-1]) else left).pop())
    return result + left[::-1] + right[::-1]


def type_name(value: Any) -> Any:
    return "function" if value is not None and is_function(value) else Functions.type(value)


def format_number(value: float | None, picture: str, options: Any) -> Any:
    """Rounded half to even, as the reference does, before the library rounds."""
    if value is None:
        return None
    separators = {"decimal-separator": ".", "pattern-separator": ";", "digit": "#"} | (
        options or {}
    )
    pictures = picture.split(separators["pattern-separator"])
    zero = ord(separators.get("zero-digit", "0"))
    for part in pictures:
        whole = part.partition(separators["decimal-separator"])[0]
        first = next((at for at, char in enumerate(whole) if 0 <= ord(char) - zero < 10), None)
        if first is not None and separators["digit"] in whole[first:]:
            raise JException("D3090", -1)
    chosen = pictures[-1] if value < 0 else pictures[0]
    scale = 100 if separators.get("percent", "%") in chosen else 1
    scale = 1000 if separators.get("per-mille", "\u2030") in chosen else scale
    exact = Decimal(repr(float(value)))
    if separators.get("exponent-separator", "e") not in chosen and math.isfinite(value):
        fraction = chosen.partition(separators["decimal-separator"])[2]
        digits = sum(c == separators["digit"] or 0 <= ord(c) - zero < 10 for c in fraction)
        exact = (exact * scale).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN) / scale
    return Functions.format_number(exact, picture, options)


def parse_integer(text: str | None, picture: str) -> Any:
    """NaN for what isn't written so, as on AWS."""
    try:
        return Functions.parse_integer(text, picture)
    except ValueError:
        return math.nan


def to_millis(text: str | None, picture: str | None) -> Any:
    if text is None:
        return None
    if picture is not None:
        return Functions.datetime_to_millis(text, picture)
    if not (found := _ISO_8601.fullmatch(text)):
        raise JException("D3110", -1, text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month or 1, 1, tzinfo=UTC) + timedelta(
            days=(day or 1) - 1, hours=hour, minutes=minute, seconds=second,
            milliseconds=int(float(found[7] or 0) * 1000),
        )  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise JException("D3110", -1, text) from error
    zone = (found[8] or "Z").replace(":", "")
    if zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        moment += offset if zone[0] == "-" else -offset
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


_MENDED: dict[str, tuple[str, Callable[..., Any]]] = {
    "string": ("<x-b?:s>", string),
    "number": ("<(nsb)-:n>", number),
    "power": ("<n-n:n>", power),
    "pad": ("<s-ns?:s>", pad),
    "base64decode": ("<s-:s>", base64_decode),
    "decodeUrl": ("<s-:s>", decode_url),
    "decodeUrlComponent": ("<s-:s>", decode_url_component),
    "clone": ("<(oa)-:o>", clone),
    "count": ("<a:n>", count),
    "contains": ("<s-(sf):b>", contains),
    "match": ("<s-f<s:o>n?:a<o>>", match),
    "replace": ("<s-(sf)(sf)n?:s>", replace),
    "split": ("<s-(sf)n?:a<s>>", split),
    "distinct": ("<x:x>", distinct),
    "sort": ("<af?:a>", sort),
    "type": ("<x:s>", type_name),
    "formatNumber": ("<n-so?:s>", format_number),
    "parseInteger": ("<s-s:n>", parse_integer),
    "toMillis": ("<s-s?:n>", to_millis),
}
