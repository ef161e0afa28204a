"""What the operators of Choice rules answer
(https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html)."""

import operator
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

MISSING: Any = object()
"""What a Variable leads to that isn't there: IsPresent alone takes it."""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ESCAPED = re.compile(r"\\(.)|(\*)|(.)", re.DOTALL)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_KIND = re.compile(r"(Boolean|Numeric|String|Timestamp)(\w+)")


def holds(name: str, variable: Any, operand: Any) -> bool:
    """False where one of the two isn't of the operator's type. `name` is without `Path`."""
    if name.startswith("Is"):
        return (_is(name.removeprefix("Is"), variable)) is operand
    if name == "StringMatches":
        return isinstance(variable, str) and matches(variable, operand)
    found = _KIND.fullmatch(name)
    if found is None:
        raise ValueError(f"there is no operator {name}")
    kind, order = found.groups()
    values = [_of_kind(kind, each) for each in (variable, operand)]
    return None not in values and _ORDERS[order](*values)


def matches(text: str, pattern: str) -> bool:
    """`*` stands for any characters, `\\*` and `\\\\` are escapes."""
    found = _ESCAPED.findall(pattern)
    parts = (".*" if star else re.escape(escaped or plain) for escaped, star, plain in found)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def instant(text: str) -> datetime | None:
    """None for no timestamp of RFC 3339."""
    with suppress(ValueError):
        return datetime.fromisoformat(text) if _RFC3339.fullmatch(text) else None
    return None


def _is(what: str, value: Any) -> bool:
    match what:
        case "Present":
            return value is not MISSING
        case "Null":
            return value is None
    return _of_kind(what, value) is not None


def _of_kind(kind: str, value: Any) -> Any:
    """The value to compare, None for one of another type."""
    match kind, value:
        case "Boolean", bool():
            return value
        case "Numeric", int() | float() if not isinstance(value, bool):
            return value
        case "String", str():
            return value
        case "Timestamp", str():
            return instant(value)
    return None
