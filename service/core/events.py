"""History events: from AWS's shapes to ours, and from ours to the API's."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from .models import HistoryEvent, Json, rfc3339

_NONE: Mapping[str, Json] = {}
_STRUCTURES = frozenset(
    {"inputDetails", "outputDetails", "assignedVariablesDetails", "taskCredentials"}
)
"""The details' own objects. Any other object is the caller's (variables by name): left alone."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def parse_event(mapping: Mapping[str, Any]) -> HistoryEvent:
    """One event as GetExecutionHistory answers it, from botocore or from JSON.

    The time may be a datetime, an ISO 8601 text or seconds since 1970. Details are not copied.
    Raises KeyError or ValueError where it is no such event.
    """
    kind = mapping["type"]
    key: str | None = details_key(kind)
    if key not in mapping:
        key = next((name for name in mapping if name.endswith("EventDetails")), None)
    return HistoryEvent(
        int(mapping["id"]),
        int(mapping.get("previousEventId") or 0),
        kind,
        _time(mapping["timestamp"]),
        (mapping[key] or _NONE) if key else _NONE,
        key,
    )


def parse_logged_event(mapping: Mapping[str, Any]) -> HistoryEvent:
    """One event as Step Functions writes it to CloudWatch Logs: numbers are texts, the time is
    in milliseconds, and the details stand under `details`.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    """
    kind, details = mapping["type"], mapping.get("details")
    return HistoryEvent(
        int(mapping["id"]),
        int(mapping.get("previous_event_id") or 0),
        kind,
        _EPOCH + timedelta(milliseconds=int(mapping["event_timestamp"])),
        details or _NONE,
        details_key(kind) if details else None,
    )


def event_document(event: HistoryEvent) -> dict[str, Json]:
    """AWS's structure with snake_case keys and RFC 3339 times; payload texts are untouched."""
    document: dict[str, Json] = {
        "id": event.id,
        "type": event.type,
        "timestamp": rfc3339(event.at),
        "previous_event_id": event.previous_id,
    }
    if event.details_key:
        document[_snake(event.details_key)] = {
            _snake(key): _snake_keys(value) if key in _STRUCTURES else value
            for key, value in event.details.items()
        }
    return document


@cache
def details_key(event_type: str) -> str:
    """Where AWS puts this type's details: `taskFailedEventDetails`, `stateEnteredEventDetails`."""
    for shared in ("StateEntered", "StateExited"):
        if event_type.endswith(shared):
            event_type = shared
    return f"{event_type[:1].lower()}{event_type[1:]}EventDetails"


def _time(value: datetime | str | float) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(value, UTC)


def _snake_keys(value: Json) -> Json:
    return {_snake(key): v for key, v in value.items()} if isinstance(value, Mapping) else value


@cache
def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()
