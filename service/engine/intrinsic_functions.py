"""What the intrinsic functions answer
(https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html).

Each raises ValueError for arguments that it doesn't take: States.IntrinsicFailure."""

import base64
import binascii
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from handrail.core.json_path.intrinsic_syntax import meant, pieces

_MOST_CHARACTERS = 10_000
_MOST_ITEMS = 1_000
_HASHES = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7
FUNCTIONS: dict[str, Callable[..., Any]] = {}
_Function = Callable[..., Any]


def _named(name: str) -> Callable[[_Function], _Function]:
    def declared(function: _Function) -> _Function:
        FUNCTIONS[name] = function
        return function

    return declared


def answer(name: str, arguments: Sequence[Any]) -> Any:
    """Raises ValueError."""
    return FUNCTIONS[name](*arguments)


@_named("Array")
def array(*values: Any) -> list[Any]:
    return list(values)


@_named("ArrayPartition")
def array_partition(values: Any, size: Any) -> list[Any]:
    values, size = _list(values), _whole(size, "the chunk size")
    if size < 1:
        raise ValueError(f"the chunk size must be positive, but is {size}")
    return [values[at : at + size] for at in range(0, len(values), size)]


@_named("ArrayContains")
def array_contains(values: Any, value: Any) -> bool:
    return _json(value) in map(_json, _list(values))


@_named("ArrayRange")
def array_range(first: Any, last: Any, step: Any) -> list[int]:
    first, last, step = (
        _whole(each, f"the {what}")
        for each, what in ((first, "first value"), (last, "last value"), (step, "increment"))
    )
    if step == 0:
        raise ValueError("the increment must not be 0")
    found = range(first, last + (1 if step > 0 else -1), step)
    if len(found) > _MOST_ITEMS:
        raise ValueError(f"an array can have {_MOST_ITEMS} items at most, not {len(found)}")
    return list(found)


@_named("ArrayGetItem")
def array_get_item(values: Any, index: Any) -> Any:
    values = _list(values)
    if isinstance(index, bool) or not isinstance(index, int):
        raise ValueError(f"the index must be a whole number, not {json_to_string(index)}")
    if not 0 <= index < len(values):
        raise ValueError(f"there is no item {index} in an array of {len(values)}")
    return values[index]


@_named("ArrayLength")
def array_length(values: Any) -> int:
    return len(_list(values))


@_named("ArrayUnique")
def array_unique(values: Any) -> list[Any]:
    first: dict[str, Any] = {}
    for value in _list(values):
        first.setdefault(_json(value), value)
    return list(first.values())


@_named("Base64Encode")
def base64_encode(text: Any) -> str:
    return base64.b64encode(_short(text).encode()).decode()


@_named("Base64Decode")
def base64_decode(text: Any) -> str:
    try:
        return base64.b64decode(_short(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("the text isn't Base64 of UTF-8") from error


@_named("Hash")
def hashed(text: Any, algorithm: Any) -> str:
    if algorithm not in _HASHES:
        raise ValueError(f"the algorithm is one of {', '.join(_HASHES)}, not {algorithm}")
    return _HASHES[algorithm](_short(text).encode()).hexdigest()


@_named("JsonMerge")
def json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise ValueError("only the shallow merge is supported: the third argument must be false")
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise ValueError("the first two arguments must be objects")
    return first | second


@_named("StringToJson")
def string_to_json(text: Any) -> Any:
    if not _string(text).strip():
        return None
    return json.loads(text)


@_named("JsonToString")
def json_to_string(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@_named("MathRandom")
def math_random(start: Any, end: Any, seed: Any = None) -> int:
    """From `start` up to but not `end`. The same seed gives the same number, not AWS's."""
    start, end = _whole(start, "the start"), _whole(end, "the end")
    if seed is not None:
        seed = _whole(seed, "the seed")
    if start >= end:
        raise ValueError(f"the start, {start}, must be less than the end, {end}")
    return random.Random(seed).randrange(start, end)  # noqa: S311 no secret is made of it


@_named("MathAdd")
def math_add(first: Any, second: Any) -> int:
    return _whole(first, "the first number") + _whole(second, "the second number")


@_named("StringSplit")
def string_split(text: Any, marks: Any) -> list[str]:
    """At each of the marks; empty parts are left out."""
    text, marks = _string(text), _string(marks)
    if not marks:
        raise ValueError("there is nothing to split at")
    parts = re.split(f"[{re.escape(marks)}]", text)
    return [part for part in parts if part]


@_named("UUID")
def random_uuid() -> str:
    return str(uuid.uuid4())


@_named("Format")
def format_text(template: Any, *values: Any) -> str:
    """`{}` stands for the next value, `\\{` and `\\}` for braces."""
    places, text = iter(values), []
    for piece in pieces(_string(template)):
        if piece["brace"]:
            raise ValueError(f"a {piece['brace']} that is no {{}} has to be escaped")
        try:
            text.append(_shown(next(places)) if piece["place"] else meant(piece))
        except StopIteration as error:
            raise ValueError("there are fewer arguments than {}") from error
    if next(places, places) is not places:
        raise ValueError("there are more arguments than {}")
    return "".join(text)


def _shown(value: Any) -> str:
    """As Java shows it: `[1, b]`, `{a=1}`."""
    match value:
        case str():
            return value
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}={_shown(each)}' for key, each in value.items())}}}"
        case float() if value and not _PLAIN_FROM <= abs(value) < _PLAIN_TO:
            return _scientific(value)
    return json.dumps(value)


def _scientific(value: float) -> str:
    """`1.0E10`, with the fewest digits that are this number."""
    digits, exponent = f"{Decimal(repr(value)):e}".split("e")
    whole, _, fraction = digits.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}E{int(exponent)}"


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"the first argument must be an array, not {json_to_string(value)}")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"an argument must be a text, not {json_to_string(value)}")
    return value


def _short(value: Any) -> str:
    if len(_string(value)) > _MOST_CHARACTERS:
        raise ValueError(f"a text can have {_MOST_CHARACTERS} characters, not {len(value)}")
    return str(value)


def _whole(value: Any, what: str) -> int:
    """To the nearest whole number, a half upwards."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} must be a number, not {json_to_string(value)}")
    return value if isinstance(value, int) else math.floor(value + 0.5)


def _json(value: Any) -> str:
    """Equal for equal JSON: true is not 1."""
    return json.dumps(value, sort_keys=True)
