"""Writes to the table, and their conditions, as DynamoDB takes them. Pure.

Every attribute is named `#name` and every value `:name`: so none is mistaken for one of DynamoDB's
several hundred reserved words, and an expression reads without its two tables of names and values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from service.aws.values import Item, typed

Key = tuple[str, str]
"""`pk` and `sk`."""

_NAMES = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class Write:
    """One write; `kind` is Put, Update or Delete, `arguments` what DynamoDB is told of it.

    The item that stood in the way is answered where the condition, `when`, doesn't hold.
    """

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def put(cls, key: Key, item: Item, *, when: str | None = None, **values: Any) -> Self:
        whole = typed({"pk": key[0], "sk": key[1], **item})
        return cls("Put", {"Item": whole, **_conditions(values, ConditionExpression=when)})

    @classmethod
    def update(cls, key: Key, change: str, *, when: str | None = None, **values: Any) -> Self:
        """Without a condition an item that isn't there is made."""
        told = _conditions(values, UpdateExpression=change, ConditionExpression=when)
        return cls("Update", {"Key": key_of(key), **told})

    @classmethod
    def delete(cls, key: Key, *, when: str | None = None, **values: Any) -> Self:
        told = _conditions(values, ConditionExpression=when)
        return cls("Delete", {"Key": key_of(key), **told})


def key_of(key: Key) -> dict[str, Any]:
    return typed({"pk": key[0], "sk": key[1]})


def expressions(values: Mapping[str, Any], **named: str | None) -> dict[str, Any]:
    """The expressions that aren't None, and the names and values they speak of. Values that are
    None are spoken of nowhere."""
    told: dict[str, Any] = {name: text for name, text in named.items() if text is not None}
    if names := _NAMES.findall(" ".join(told.values())):
        told["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
    if known := typed({f":{name}": value for name, value in values.items()}):
        told["ExpressionAttributeValues"] = known
    return told


def _conditions(values: Mapping[str, Any], **named: str | None) -> dict[str, Any]:
    told = expressions(values, **named)
    if "ConditionExpression" in told:
        told["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return told
