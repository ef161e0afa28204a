"""Writes to the table, and their conditions, in the terms of DynamoDB. Pure.

Every attribute is named `#name` and every value `:name`: so none is mistaken for one of DynamoDB's
several hundred reserved words, and an expression reads without its two tables of names and values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = Mapping[str, Any]
"""An item, or a map in one: texts, whole numbers, booleans, lists and maps by name."""

Key = tuple[str, str]
"""`pk` and `sk`."""

_NAMES = re.compile(r"#(\w+)")


class _Deserializer(TypeDeserializer):  # type: ignore[misc] # boto3 has no types
    def _deserialize_n(self, value: str) -> int | Decimal:
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else number


_serializer, _deserializer = TypeSerializer(), _Deserializer()


def typed(item: Item) -> dict[str, Any]:
    """Writes an item in DynamoDB's types, without members that are None. Raises TypeError for
    values of other types."""
    return {name: _serializer.serialize(value) for name, value in item.items() if value is not None}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Reads an item out of DynamoDB's types, without members that are NULL."""
    found = {name: _deserializer.deserialize(value) for name, value in item.items() if value}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Write:
    """One write; `kind` is Put, Update or Delete, `arguments` what DynamoDB is told of it. Where
    the condition, `when`, doesn't hold, the item that is there is answered."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def put(cls, key: Key, item: Item, *, when: str | None = None, **values: Any) -> Self:
        whole = typed({"pk": key[0], "sk": key[1], **item})
        return cls("Put", {"Item": whole, **expressions(values, ConditionExpression=when)})

    @classmethod
    def update(cls, key: Key, change: str, *, when: str | None = None, **values: Any) -> Self:
        """Without a condition an item that isn't there is made."""
        arguments = expressions(values, UpdateExpression=change, ConditionExpression=when)
        return cls("Update", {"Key": key_of(key), **arguments})

    @classmethod
    def set(cls, key: Key, members: Item, *, when: str | None = None, **values: Any) -> Self:
        """An update that sets these members, and removes those that are None."""
        given = [name for name, value in members.items() if value is not None]
        change = "SET " + ", ".join(f"#{name} = :{name}" for name in given)
        if removed := ", ".join(f"#{name}" for name in members if name not in given):
            change += f" REMOVE {removed}"
        return cls.update(key, change, when=when, **members, **values)

    @classmethod
    def delete(cls, key: Key, *, when: str | None = None, **values: Any) -> Self:
        return cls("Delete", {"Key": key_of(key), **expressions(values, ConditionExpression=when)})


def key_of(key: Key) -> dict[str, Any]:
    return typed({"pk": key[0], "sk": key[1]})


def expressions(values: Mapping[str, Any], **named: str | None) -> dict[str, Any]:
    """Builds the arguments of the expressions that aren't None, with the names and values they
    speak of. Values that are None are left out."""
    arguments: dict[str, Any] = {name: text for name, text in named.items() if text is not None}
    if names := _NAMES.findall(" ".join(arguments.values())):
        arguments["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
    if known := typed({f":{name}": value for name, value in values.items()}):
        arguments["ExpressionAttributeValues"] = known
    if "ConditionExpression" in arguments:
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return arguments
