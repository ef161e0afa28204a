"""Says whether a filter holds for a value.

Values of different types are neither equal nor in an order; what isn't there equals nothing, null
included."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .path_steps import Both, Comparison, Either, Negation, Path, Pattern, Predicate, Presence

_MISSING: Any = object()
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@dataclass(frozen=True, slots=True)
class FilterScope:
    """The value at hand, the whole document, and how an operand's value is had, which raises
    LookupError where there is none."""

    current: Any
    root: Any
    value_of: Callable[[Any, "FilterScope"], Any]


def holds(predicate: Predicate, scope: FilterScope) -> bool:
    match predicate:
        case Either(left, right):
            return holds(left, scope) or holds(right, scope)
        case Both(left, right):
            return holds(left, scope) and holds(right, scope)
        case Negation(inner):
            return not holds(inner, scope)
        case Presence(path):
            found = _value(path, scope)
            return found is not _MISSING and (path.definite or bool(found))
        case Comparison(left, operator, right):
            return _compared(_value(left, scope), operator, _value(right, scope))


def same(left: Any, right: Any) -> bool:
    """JSON's equality: true is not 1, 1.0 is 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def _value(operand: Any, scope: FilterScope) -> Any:
    if isinstance(operand, Pattern):
        return operand.regex
    try:
        return scope.value_of(operand, scope)
    except LookupError:
        if isinstance(operand, Path):
            return _MISSING
        raise


def _compared(left: Any, operator: str, right: Any) -> bool:
    if operator in {"==", "==="}:
        return same(left, right)
    if operator in {"!=", "!=="}:
        return not same(left, right)
    if left is _MISSING or right is _MISSING:
        return False
    if order := _ORDERS.get(operator):
        return _in_order(left, right) and order(left, right)
    if operator == "=~":
        regex = right if isinstance(right, re.Pattern) else None
        return regex is not None and isinstance(left, str) and bool(regex.fullmatch(left))
    return _among(left, operator, right)


def _in_order(left: Any, right: Any) -> bool:
    numbers = all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (left, right)
    )
    return numbers or (isinstance(left, str) and isinstance(right, str))


def _among(left: Any, operator: str, right: Any) -> bool:
    """The operators on lists, with their names in Jayway JsonPath."""
    operation = _ON_LISTS.get(operator)
    if operation is None:
        return isinstance(left, list) and _ON_ITEMS[operator](_has(right, each) for each in left)
    return operation(left, right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _has(left, right)


def _sized(left: Any, right: Any) -> bool:
    size = len(right) if isinstance(right, list) else right
    return isinstance(left, list | str) and same(len(left), size)


def _empty(left: Any, right: Any) -> bool:
    return isinstance(left, list | str | dict) and (not left) is right


def _has(values: Any, value: Any) -> bool:
    return isinstance(values, list) and any(same(each, value) for each in values)


_ON_LISTS: dict[str, Callable[[Any, Any], bool]] = {
    "contains": _contains,
    "size": _sized,
    "empty": _empty,
    "in": lambda left, right: _has(right, left),
    "nin": lambda left, right: not _has(right, left),
}
_ON_ITEMS: dict[str, Callable[[Iterable[bool]], bool]] = {
    "subsetof": all,
    "anyof": any,
    "noneof": lambda shared: not any(shared),
}
