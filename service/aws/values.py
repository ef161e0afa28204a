"""DynamoDB's typed values: plain ones in, plain ones out.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]
"""An item, or a map in one: texts, whole numbers, booleans, lists and maps by name."""

STRANGE = object()
"""Stands for a value of a type that isn't written here: somebody else's, or a newer version's.
Nothing takes it for what it looks for, nor for a member that isn't there."""


def typed(item: Item) -> dict[str, dict[str, Any]]:
    """Absent stands for None: such members are left out. Raises TypeError for other types."""
    return {name: _typed(value) for name, value in item.items() if value is not None}


def plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is NULL is left out; a type that isn't written here is STRANGE."""
    found = ((name, _plain(value)) for name, value in item.items())
    return {name: value for name, value in found if value is not None}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": str(value)}
        case list() | tuple():
            return {"L": [_typed(each) for each in value]}
        case Mapping():
            return {"M": typed(value)}
    raise TypeError(f"A {type(value).__name__} is no value of an item.")


def _plain(value: Mapping[str, Any]) -> Any:
    match value:
        case {"S": str(found)} | {"BOOL": bool(found)}:
            return found
        case {"N": str(found)} if found.removeprefix("-").isdecimal():
            return int(found)
        case {"L": list(found)}:
            return [_plain(each) for each in found]
        case {"M": Mapping() as found}:
            return plain(found)
        case {"NULL": True}:
            return None
    return STRANGE
