"""The bounded tail of a history."""

from hypothesis import given
from hypothesis import strategies as st

from service.core.models import HistoryEvent
from service.usecases.live.event_log import OVERHEAD_BYTES, EventLog, size_of
from tests.core.histories import BEGIN


def event(id: int, payload: int = 0) -> HistoryEvent:
    details = {"output": "x" * payload} if payload else {}
    return HistoryEvent(id, id - 1, "PassStateExited", BEGIN, details)


def ids(events: list[HistoryEvent]) -> list[int]:
    return [event.id for event in events]


def log_of(*events: HistoryEvent, max_bytes: int = 1_000_000) -> EventLog:
    log = EventLog(max_bytes)
    log.append(events)
    return log


def test_an_event_weighs_its_texts_and_an_overhead() -> None:
    assert size_of(event(1, 1000)) == OVERHEAD_BYTES + 1000


def test_an_empty_log_covers_the_beginning() -> None:
    log = log_of()
    assert log.covers(0)
    assert log.after(0) == []


def test_a_whole_log_answers_what_follows_any_id() -> None:
    log = log_of(*map(event, range(1, 6)))
    assert ids(log.after(0)) == [1, 2, 3, 4, 5]
    assert ids(log.after(3)) == [4, 5]
    assert log.after(5) == []
    assert log.after(9) == []


def test_the_oldest_events_go_first_when_the_log_is_full() -> None:
    log = log_of(*map(event, range(1, 6)), max_bytes=2 * OVERHEAD_BYTES)
    assert log.covers(3)
    assert not log.covers(2)
    assert ids(log.after(3)) == [4, 5]


def test_a_log_that_keeps_nothing_covers_only_its_newest_id() -> None:
    log = log_of(*map(event, range(1, 6)), max_bytes=0)
    assert log.covers(5)
    assert not log.covers(4)
    assert log.after(5) == []


def test_a_chunk_is_bounded_by_count() -> None:
    log = log_of(*map(event, range(1, 6)))
    assert ids(log.after(1, limit=2)) == [2, 3]


def test_a_chunk_is_bounded_by_bytes() -> None:
    log = log_of(*(event(id, 1000) for id in range(1, 6)))
    assert ids(log.after(0, max_bytes=2 * (OVERHEAD_BYTES + 1000))) == [1, 2]


def test_a_chunk_holds_one_event_however_large() -> None:
    log = log_of(event(1, 5000), event(2))
    assert ids(log.after(0, max_bytes=10)) == [1]


@given(
    st.lists(st.integers(0, 400), max_size=30),
    st.integers(0, 8000),
    st.integers(0, 35),
    st.integers(1, 10),
)
def test_chunks_of_what_is_covered_have_no_hole(
    payloads: list[int], max_bytes: int, after: int, limit: int
) -> None:
    log = log_of(*(event(i + 1, n) for i, n in enumerate(payloads)), max_bytes=max_bytes)
    if not log.covers(after):
        return
    seen: list[int] = []
    while chunk := log.after(max([after, *seen]), limit=limit, max_bytes=600):
        seen += ids(chunk)
    assert seen == list(range(after + 1, len(payloads) + 1))
