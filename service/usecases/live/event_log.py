"""The newest events of one history, kept to resume clients from without asking AWS again."""

from collections import deque
from collections.abc import Iterable

from service.core.models import HistoryEvent

OVERHEAD_BYTES = 300
"""What an event costs besides its payload strings, measured roughly."""

CHUNK_EVENTS = 500
CHUNK_BYTES = 256 * 1024


class EventLog:
    """A bounded, contiguous tail of a history, oldest dropped first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._events: deque[tuple[HistoryEvent, int]] = deque()
        self._bytes = 0
        self._next_id = 1

    def append(self, events: Iterable[HistoryEvent]) -> None:
        for event in events:
            size = size_of(event)
            self._events.append((event, size))
            self._bytes += size
            self._next_id = event.id + 1
        while self._bytes > self._max_bytes and self._events:
            _, size = self._events.popleft()
            self._bytes -= size

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


def size_of(event: HistoryEvent) -> int:
    """About how much memory an event holds, in bytes."""
    strings = (v for v in event.details.values() if isinstance(v, str))
    return OVERHEAD_BYTES + sum(map(len, strings))
