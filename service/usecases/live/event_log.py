"""The newest events of one history, kept to resume clients from without asking AWS again."""

from collections import deque
from collections.abc import Iterable

from service.core.models import HistoryEvent

OVERHEAD_BYTES = 300
"""What an event costs besides its payload strings, measured roughly."""

CHUNK_EVENTS = 500
CHUNK_BYTES = 96 * 1024
"""An update with so many bytes of events usually fits API Gateway's 128 KB."""


class LogMemory:
    """How much all logs of a hub may hold together. Where it is too much, the largest one gives up
    the older half of what it has."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._logs: set[EventLog] = set()

    @property
    def bytes(self) -> int:
        return self._bytes

    def grew(self, log: "EventLog", by: int) -> None:
        """`by` is negative where it shrank."""
        self._bytes += by
        self._logs.add(log)
        while self._bytes > self._max_bytes:
            largest = max(self._logs, key=lambda log: log.bytes)
            if not largest.bytes:
                return
            largest.halve()

    def forget(self, log: "EventLog") -> None:
        """Its watcher is gone."""
        if log in self._logs:
            self._logs.remove(log)
            self._bytes -= log.bytes


class EventLog:
    """A bounded, contiguous tail of a history, oldest dropped first. `bytes` is about what it
    holds."""

    def __init__(self, max_bytes: int, memory: LogMemory | None = None) -> None:
        self.bytes = 0
        self._max_bytes = max_bytes
        self._memory = memory
        self._events: deque[tuple[HistoryEvent, int]] = deque()
        self._next_id = 1

    def append(self, events: Iterable[HistoryEvent]) -> None:
        before = self.bytes
        for event in events:
            size = size_of(event)
            self._events.append((event, size))
            self.bytes += size
            self._next_id = event.id + 1
        self._shrink(self._max_bytes)
        if self._memory is not None:
            self._memory.grew(self, self.bytes - before)

    def halve(self) -> None:
        """Give up the older half, for others' room."""
        before = self.bytes
        self._shrink(before // 2)
        if self._memory is not None:
            self._memory.grew(self, self.bytes - before)

    def covers(self, event_id: int) -> bool:
        """Whether every event after this id is still here."""
        return self._first_id - 1 <= event_id

    def after(
        self, event_id: int, *, limit: int = CHUNK_EVENTS, max_bytes: int = CHUNK_BYTES
    ) -> list[HistoryEvent]:
        """The next events after this id, at least one where there is one, bounded both ways."""
        chunk: list[HistoryEvent] = []
        budget = max_bytes
        for index in range(self._index_after(event_id), len(self._events)):
            event, size = self._events[index]
            if len(chunk) >= limit or (chunk and size > budget):
                break
            chunk.append(event)
            budget -= size
        return chunk

    @property
    def _first_id(self) -> int:
        return self._next_id - len(self._events)

    def _index_after(self, event_id: int) -> int:
        return max(0, event_id + 1 - self._first_id)

    def _shrink(self, to_bytes: int) -> None:
        while self.bytes > to_bytes and self._events:
            _, size = self._events.popleft()
            self.bytes -= size


def size_of(event: HistoryEvent) -> int:
    """About how much memory an event holds, in bytes."""
    strings = (v for v in event.details.values() if isinstance(v, str))
    return OVERHEAD_BYTES + sum(map(len, strings))
