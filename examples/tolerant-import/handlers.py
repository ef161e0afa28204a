"""Imports one record, if it has an id."""

from typing import Any


class BadRecord(Exception):
    """It has no id. Not worth a retry."""


def import_one(item: dict[str, Any]) -> dict[str, Any]:
    """`{"id", "number"}`. Raises BadRecord."""
    if "id" not in item["record"]:
        raise BadRecord(f"record {item['number']} has no id")
    return {"id": item["record"]["id"], "number": item["number"]}
