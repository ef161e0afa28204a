"""The bounded tail of a history."""

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.models import HistoryEvent
from handrail.usecases.live.event_log import OVERHEAD_BYTES, EventLog, LogMemory, size_of
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


# The memory that logs share


def logs_of(memory: LogMemory, *sizes: int) -> list[EventLog]:
    """One with so many events each, 1,000 bytes an event."""
    logs = []
    for size in sizes:
        log = EventLog(10**9, memory)
        log.append(event(id, 1000 - OVERHEAD_BYTES) for id in range(1, size + 1))
        logs.append(log)
    return logs


def test_logs_keep_everything_while_there_is_room() -> None:
    memory = LogMemory(10_000)
    logs = logs_of(memory, 4, 6)
    assert [log.bytes for log in logs] == [4000, 6000]
    assert memory.bytes == 10_000


def test_the_largest_log_gives_up_the_older_half_for_others() -> None:
    memory = LogMemory(10_000)
    small, large, new = logs_of(memory, 2, 8, 1)
    assert [log.bytes for log in (small, large, new)] == [2000, 4000, 1000]
    assert large.covers(4)
    assert not large.covers(3)
    assert memory.bytes == 7000


def test_what_a_log_drops_for_itself_is_no_longer_counted() -> None:
    memory = LogMemory(10_000)
    log = EventLog(3000, memory)
    log.append(event(id, 1000 - OVERHEAD_BYTES) for id in range(1, 9))
    assert memory.bytes == log.bytes == 3000


def test_a_log_that_is_gone_leaves_its_room() -> None:
    memory = LogMemory(10_000)
    one, other = logs_of(memory, 5, 5)
    memory.forget(one)
    memory.forget(one)
    assert (one.bytes, one.covers(4)) == (0, False), "its room is free, and it tells so"
    one.append([event(9)])  # by who hadn't ended yet
    assert memory.bytes == 5000
    other.append(event(id, 1000 - OVERHEAD_BYTES) for id in range(6, 11))
    assert other.bytes == 10_000


def test_a_memory_of_nothing_keeps_nothing() -> None:
    memory = LogMemory(0)
    [log] = logs_of(memory, 5)
    assert memory.bytes == log.bytes == 0
    assert log.covers(5)


@given(
    st.integers(0, 20_000),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=60),
)
def test_logs_never_hold_more_together_than_they_may(
    max_bytes: int, moves: list[tuple[int, int]]
) -> None:
    memory = LogMemory(max_bytes)
    logs = [EventLog(8000, memory) for _ in range(6)]
    newest = [0] * 6
    for which, count in moves:
        if count == 0:
            memory.forget(logs[which])
            logs[which], newest[which] = EventLog(8000, memory), 0
        first = newest[which] + 1
        logs[which].append(event(id, 500) for id in range(first, first + count))
        newest[which] += count
        assert memory.bytes == sum(log.bytes for log in logs) <= max_bytes
