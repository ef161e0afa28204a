"""Writes redacted events for other replicas, and reads them: compact JSON, numbers as they were."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handrail.core.json_text import exact, json_bytes
from handrail.core.models import HistoryEvent
from handrail.core.protocol.document_shapes import ItemsDocument

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, repr=False)
class SharedEvent:
    """`counts` are those of the Map Run that this event ends, where they are known."""

    event: HistoryEvent
    counts: ItemsDocument | None = None


def encoded(shared: SharedEvent) -> bytes:
    event = shared.event
    at = (event.at - _EPOCH) // _MICROSECOND
    fields = [event.id, event.previous_id, event.type, at, event.details_key, event.details]
    return json_bytes([*fields, shared.counts] if shared.counts is not None else fields)


def decoded(text: bytes) -> SharedEvent:
    """From what `encoded` wrote. Raises ValueError where it is something else."""
    try:
        id, previous_id, kind, at, key, details, *counts = exact(text)
        moment = _EPOCH + at * _MICROSECOND
        event = HistoryEvent(id, previous_id, str(kind), moment, details, key)
    except (TypeError, OverflowError) as error:
        raise ValueError("It is no event.") from error
    return SharedEvent(event, counts[0] if counts else None)
