"""The functions a path may end with."""

import statistics
from collections.abc import Callable
from typing import Any

from .path_syntax import MalformedPath

_ON_NUMBERS: dict[str, Callable[[list[float]], float]] = {
    "min": min,
    "max": max,
    "sum": sum,
    "avg": statistics.fmean,
    "stddev": statistics.pstdev,
}


def called(name: str, value: Any, arguments: list[Any]) -> Any:
    """Raises LookupError where there is nothing to answer of, MalformedPath for arguments that the
    function doesn't take."""
    if aggregate := _ON_NUMBERS.get(name):
        return float(aggregate(_numbers([value, *arguments])))
    match name, value, arguments:
        case "length" | "size", list() | dict(), []:
            return len(value)
        case "length" | "size", _, []:
            return None
        case "keys", dict(), []:
            return list(value)
        case "first" | "last", list(), [] if value:
            return value[0 if name == "first" else -1]
        case "index", list(), [int(index)] if -len(value) <= index < len(value):
            return value[index]
        case "append", list(), _:
            return [*value, *arguments]
        case "concat", _, _:
            return "".join(text for text in _flat([value, *arguments]) if isinstance(text, str))
        case (("length" | "size" | "keys" | "first" | "last"), _, [_, *_]):
            raise MalformedPath(f"{name}() takes no argument")
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
