"""Reads history events in AWS's shapes, and builds the API's documents of them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from pydantic import ConfigDict, with_config

from handrail.core.models import HistoryEvent, Json, from_ms, rfc3339
from handrail.core.protocol.document_shapes import Time
from handrail.core.typed_dict import TypedDict

_NONE: Mapping[str, Json] = {}
_STRUCTURES = {"inputDetails", "outputDetails", "assignedVariablesDetails", "taskCredentials"}
"""The details' own objects. Any other object is the caller's (variables by name): left alone."""

_NUMBERS = {"timeoutInSeconds", "heartbeatInSeconds", "length", "index", "redriveCount"}
"""The details that are numbers, and texts in logs."""


@with_config(ConfigDict(extra="allow"))
class EventDocument(TypedDict):
    """As GetExecutionHistory shows it with snake_case keys, secrets redacted; one
    `…_event_details` object stands beside these."""

    id: int
    type: str
    timestamp: Time
    previous_event_id: int


def parse_event(mapping: Mapping[str, Any]) -> HistoryEvent:
    """From GetExecutionHistory's answer: the time may be a datetime, an ISO 8601 text or seconds
    since 1970. Raises KeyError or ValueError where it is no such event."""
    kind, at = mapping["type"], mapping["timestamp"]
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    elif not isinstance(at, datetime):
        at = datetime.fromtimestamp(at, UTC)
    key: str | None = details_key(kind)
    if key not in mapping:
        key = next((name for name in mapping if name.endswith("EventDetails")), None)
    return HistoryEvent(
        int(mapping["id"]),
        int(mapping.get("previousEventId") or 0),
        kind,
        at if at.tzinfo else at.replace(tzinfo=UTC),
        (mapping[key] or _NONE) if key else _NONE,
        key,
    )


def parse_logged_event(mapping: Mapping[str, Any]) -> HistoryEvent:
    """One event as Step Functions logs it: numbers are texts, the time is in milliseconds, and the
    details stand under `details` (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html)."""
    kind, details = mapping["type"], mapping.get("details")
    if isinstance(details, Mapping) and not details.keys().isdisjoint(_NUMBERS):
        details = {name: _number(name, value) for name, value in details.items()}
    return HistoryEvent(
        int(mapping["id"]),
        int(mapping.get("previous_event_id") or 0),
        kind,
        from_ms(int(mapping["event_timestamp"])),
        details or _NONE,
        details_key(kind) if details else None,
    )


def _number(name: str, value: Json) -> Json:
    return int(value) if name in _NUMBERS and isinstance(value, str) else value


def event_document(event: HistoryEvent) -> EventDocument:
    """AWS's structure with snake_case keys and RFC 3339 times; payload texts are untouched."""
    document: EventDocument = {
        "id": event.id,
        "type": event.type,
        "timestamp": rfc3339(event.at),
        "previous_event_id": event.previous_id,
    }
    if event.details_key:
        details = {
            _snake(key): {_snake(name): item for name, item in value.items()}
            if key in _STRUCTURES and isinstance(value, Mapping)
            else value
            for key, value in event.details.items()
        }
        cast(dict[str, Json], document)[_snake(event.details_key)] = details
    return document


def parse_document(document: Mapping[str, Any]) -> HistoryEvent:
    """From what `event_document` drew."""
    key = next((name for name in document if name.endswith("_event_details")), None)
    details = {
        _camel(name): {_camel(inner): item for inner, item in value.items()}
        if _camel(name) in _STRUCTURES and isinstance(value, Mapping)
        else value
        for name, value in (document[key] if key else {}).items()
    }
    return HistoryEvent(
        int(document["id"]),
        int(document["previous_event_id"]),
        document["type"],
        datetime.fromisoformat(document["timestamp"]),
        details,
        _camel(key) if key else None,
    )


@cache
def details_key(event_type: str) -> str:
    """Where AWS puts this type's details: `taskFailedEventDetails`, `stateEnteredEventDetails`."""
    if event_type.endswith(("StateEntered", "StateExited")):
        event_type = event_type[event_type.rindex("State") :]
    return f"{event_type[:1].lower()}{event_type[1:]}EventDetails"


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@cache
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)
