"""Keeps the newest events of histories, to resume clients from without asking AWS again."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from handrail.core.models import HistoryEvent

OVERHEAD_BYTES = 300  # an event's size besides its payload strings, measured roughly
CHUNK_EVENTS = 500
CHUNK_BYTES = 96 * 1024  # an update with so many bytes of events usually fits API Gateway's 128 KB


@dataclass(slots=True, repr=False)
class LogMemory:
    """Bounds what all logs of a hub keep: beyond that the largest drops its older half."""

    max_bytes: int
    bytes: int = field(init=False, default=0)
    _logs: "set[EventLog]" = field(init=False, default_factory=set)

    def grew(self, log: "EventLog", by: int) -> None:
        """`by` is negative where it shrank."""
        self.bytes += by
        self._logs.add(log)
        while self.bytes > self.max_bytes:
            largest = max(self._logs, key=lambda log: log.bytes)
            if not largest.bytes:
                return
            largest.shrink(largest.bytes // 2)

    def forget(self, log: "EventLog") -> None:
        if log in self._logs:
            self._logs.remove(log)
            self.bytes -= log.bytes


@dataclass(eq=False, slots=True, repr=False)
class EventLog:
    """A bounded, contiguous tail of a history, oldest dropped first. `bytes` is about its size."""

    max_bytes: int
    memory: LogMemory | None = None
    bytes: int = field(init=False, default=0)
    _events: deque[tuple[HistoryEvent, int]] = field(init=False, default_factory=deque)
    _next_id: int = field(init=False, default=1)

    def append(self, events: Iterable[HistoryEvent]) -> None:
        grown = 0
        for event in events:
            size = size_of(event)
            self._events.append((event, size))
            grown += size
            self._next_id = event.id + 1
        self.bytes += grown
        self.shrink(self.max_bytes, grown=grown)

    def shrink(self, to_bytes: int, *, grown: int = 0) -> None:
        """Drop the oldest events; `grown` is what it grew by before."""
        while self.bytes > to_bytes and self._events:
            _, size = self._events.popleft()
            self.bytes -= size
            grown -= size
        if self.memory is not None:
            self.memory.grew(self, grown)

    def covers(self, event_id: int) -> bool:
        """True if every event after this id is still here."""
        return self._next_id - len(self._events) - 1 <= event_id

    def after(
        self, event_id: int, *, limit: int = CHUNK_EVENTS, max_bytes: int = CHUNK_BYTES
    ) -> list[HistoryEvent]:
        """The next events after this id, at least one where there is one, bounded both ways."""
        chunk: list[HistoryEvent] = []
        kept = len(self._events)
        for index in range(max(0, event_id + 1 - self._next_id + kept), kept):
            event, size = self._events[index]
            if len(chunk) >= limit or (chunk and size > max_bytes):
                break
            chunk.append(event)
            max_bytes -= size
        return chunk


def size_of(event: HistoryEvent) -> int:
    """About how much memory an event holds, in bytes."""
    strings = (v for v in event.details.values() if isinstance(v, str))
    return OVERHEAD_BYTES + sum(map(len, strings))
