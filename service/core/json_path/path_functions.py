"""The functions a path may end with."""

import statistics
from collections.abc import Callable
from typing import Any

_ON_NUMBERS: dict[str, Callable[[list[float]], float]] = {
    "min": min,
    "max": max,
    "sum": sum,
    "avg": statistics.fmean,
    "stddev": statistics.pstdev,
}


def called(name: str, value: Any, arguments: list[Any]) -> Any:
    """Raises LookupError where there is nothing to answer of."""
    if aggregate := _ON_NUMBERS.get(name):
        return float(aggregate(_numbers([value, *arguments])))
    if name in {"length", "size"}:
        return len(value) if isinstance(value, list | dict) else None
    if name == "concat":
        return "".join(text for text in _flat([value, *arguments]) if isinstance(text, str))
    if name == "keys" and isinstance(value, dict):
        return list(value)
    if isinstance(value, list):
        return [*value, *arguments] if name == "append" else _item(name, value, arguments)
    raise LookupError(f"{name}() has nothing to answer of")


def _item(name: str, values: list[Any], arguments: list[Any]) -> Any:
    """Of `first`, `last` and `index`. Raises LookupError."""
    match {"first": [0], "last": [-1], "index": arguments}.get(name):
        case [int(index)]:
            return values[index]
    raise LookupError(f"{name}() has nothing to answer of")


def _numbers(values: list[Any]) -> list[float]:
    found = [
        each
        for each in _flat(values)
        if isinstance(each, int | float) and not isinstance(each, bool)
    ]
    if not found:
        raise LookupError("there are no numbers")
    return found


def _flat(values: list[Any]) -> list[Any]:
    """Lists one deep."""
    return [one for each in values for one in (each if isinstance(each, list) else [each])]
