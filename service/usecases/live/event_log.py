"""Keeps the newest events of histories, to resume clients from without asking AWS again."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
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
        """For good, and empty it: what is still appended doesn't count."""
        log.shrink(0)
        log.memory = None
        self._logs.discard(log)


@dataclass(eq=False, slots=True, repr=False)
class EventLog:
    """A bounded, contiguous tail of a history, oldest dropped first. `bytes` is about its size.
    Some of its events may lack their payloads until these are read."""

    max_bytes: int
    memory: LogMemory | None = None
    bytes: int = field(init=False, default=0)
    _events: deque[tuple[HistoryEvent, int]] = field(init=False, default_factory=deque)
    _next_id: int = field(init=False, default=1)
    _lacking: tuple[int, int] | None = field(init=False, default=None)  # the first and the last

    def append(self, events: Iterable[HistoryEvent]) -> None:
        grown = 0
        for event in events:
            size = size_of(event)
            self._events.append((event, size))
            grown += size
            self._next_id = event.id + 1
        self.bytes += grown
        self.shrink(self.max_bytes, grown=grown)

    def lack(self, ids: Collection[int]) -> None:
        """These, the newest, came without their payloads."""
        if ids:
            first, last = self._lacking or (min(ids), max(ids))
            self._lacking = min(first, *ids), max(last, *ids)

    @property
    def whole_to(self) -> int:
        """The last event before the first that lacks its payload, or of all."""
        return self._lacking[0] - 1 if self._lacking else self._next_id - 1

    def mend(self, events: Sequence[HistoryEvent]) -> bool:
        """These were read, in order: they take the place of those that lacked payloads. True where
        now none does."""
        if not events or self._lacking is None or events[0].id > self._lacking[0]:
            return False
        whole, before = {event.id: event for event in events}, self.bytes
        kept = [(whole.get(event.id, event), size) for event, size in self._events]
        self._events = deque((event, size_of(event)) for event, _ in kept)
        self.bytes = sum(size for _, size in self._events)
        after, last = events[-1].id + 1, self._lacking[1]
        self._lacking = (after, last) if after <= last else None
        self.shrink(self.max_bytes, grown=self.bytes - before)
        return self._lacking is None

    def lacks(self, event_id: int) -> bool:
        """True if all events after this id are here, but for payloads that are still to be read."""
        first_kept = self._next_id - len(self._events)
        return self._lacking is not None and first_kept - 1 <= event_id < self._lacking[1]

    def shrink(self, to_bytes: int, *, grown: int = 0) -> None:
        """Drop the oldest events; `grown` is what it grew by before."""
        while self.bytes > to_bytes and self._events:
            _, size = self._events.popleft()
            self.bytes -= size
            grown -= size
        if self.memory is not None:
            self.memory.grew(self, grown)

    def covers(self, event_id: int) -> bool:
        """True if every event after this id is still here, whole."""
        if self._lacking is not None and event_id < self._lacking[1]:
            return False
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
