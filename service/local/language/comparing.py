"""Comparisons of texts and times, and intrinsic functions over any JSON.

moto matches patterns as a shell does, where only `*` is special, and takes timestamps of whole
seconds in UTC alone, where RFC 3339 has fractions and offsets; its functions know ASCII, and take
true for 1.
"""

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.array.array_contains import (  # noqa: E501
    ArrayContains,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.array.array_unique import (  # noqa: E501
    ArrayUnique,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.encoding_decoding.base_64_decode import (  # noqa: E501
    Base64Decode,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.encoding_decoding.base_64_encode import (  # noqa: E501
    Base64Encode,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations.is_operator import (  # noqa: E501
    IsTimestamp,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations.string_operators import (  # noqa: E501
    StringMatches,
)

from .seam import Seam

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ESCAPED = re.compile(r"\\(.)|(\*)|(.)", re.DOTALL)
_MOST_CHARACTERS = 10_000


def matches(variable: Any, pattern: str) -> bool:
    """`*` stands for any characters, `\\*` and `\\\\` for themselves, all else for itself."""
    if not isinstance(variable, str):
        return False
    parts = (
        ".*" if star else re.escape(escaped or plain)
        for escaped, star, plain in _ESCAPED.findall(pattern)
    )
    return re.fullmatch("".join(parts), variable, re.DOTALL) is not None


def instant(text: str) -> datetime | None:
    """None where the text is no timestamp."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def contains(array: Any, value: Any) -> bool:
    return _same(value) in map(_same, _list(array))


def unique(array: Any) -> list[Any]:
    first: dict[str, Any] = {}
    for value in _list(array):
        first.setdefault(_same(value), value)
    return list(first.values())


def encoded(text: str) -> str:
    return base64.b64encode(_short(text).encode()).decode()


def decoded(text: str) -> str:
    return base64.b64decode(_short(text)).decode()


def _same(value: Any) -> str:
    """Equal for equal JSON: true is not 1."""
    return json.dumps(value, sort_keys=True)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"Expected an array type as first argument, but got {value}.")
    return value


def _short(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"Expected a string, but got {text}.")
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"Maximum input string is {_MOST_CHARACTERS}, but got {len(text)}.")
    return text


def _over(function: Callable[..., Any]) -> Callable[[Any, Any], None]:
    def states_function(self: Any, env: Any) -> None:
        self.argument_list.eval(env=env)
        env.stack.append(function(*env.stack.pop()))

    return states_function


SEAMS: tuple[Seam, ...] = (
    (StringMatches, "_compare", staticmethod(matches)),
    (IsTimestamp, "string_to_timestamp", staticmethod(instant)),
    (ArrayContains, "_eval_body", _over(contains)),
    (ArrayUnique, "_eval_body", _over(unique)),
    (Base64Encode, "_eval_body", _over(encoded)),
    (Base64Decode, "_eval_body", _over(decoded)),
)
