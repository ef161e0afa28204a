"""Events come to other replicas as they were read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.core.history.events import event_document
from handrail.core.history.shared_events import SharedEvent, decoded, encoded
from handrail.core.json_text import JsonText, json_bytes
from handrail.core.models import HistoryEvent

AT = datetime(2026, 11, 22, 7, 40, 49, 620_123, tzinfo=UTC)


def shared(details: Any, key: str | None = "taskFailedEventDetails") -> SharedEvent:
    return SharedEvent(HistoryEvent(7, 3, "TaskFailed", AT, details, key))


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"cause": "it \ud83d broke \u00fc \U0001f600", "error": ""},
        {"output": '{"a": 1.10, "b": 123456789012345678901234567890}'},
        {"outputDetails": {"truncated": True}, "length": 3, "none": None},
        {"assignedVariables": {"__proto__": "1e400"}},
    ],
)
def test_an_event_is_read_as_it_was_written(details: Any) -> None:
    known = shared(details)
    read = decoded(encoded(known))
    assert json_bytes(event_document(read.event)) == json_bytes(event_document(known.event))
    assert (read.event.at, read.event.details_key) == (AT, known.event.details_key)
    assert read.counts is None


def test_numbers_stay_the_text_they_are() -> None:
    known = shared({"heartbeatInSeconds": JsonText("1.50"), "parameters": JsonText("-0")})
    assert encoded(decoded(encoded(known))) == encoded(known)
    assert b'"heartbeatInSeconds":1.50' in encoded(known)


def test_what_a_map_run_counted_comes_along() -> None:
    counts: Any = {"total": 3, "running": 0, "succeeded": 3, "failed": 0, "aborted": 0}
    event = HistoryEvent(9, 8, "MapRunSucceeded", AT, {})
    assert decoded(encoded(SharedEvent(event, counts))) == SharedEvent(event, counts)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1,2]", b"null", b'[1,0,"Kind","soon",null,{}]', b"\xff", b"[" * 9999]
)
def test_anything_else_is_no_event(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decoded(text)
