"""Keeps events that came before those they follow, for a moment and within bounds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST_EVENTS = 256
MOST_BYTES = 1024 * 1024

Ahead = TypeVar("Ahead")


@dataclass(slots=True)
class AheadMemory:
    """What all of a process may keep so."""

    max_bytes: int = 64 * 1024 * 1024
    bytes: int = 0


@dataclass(slots=True, repr=False)
class AheadEvents(Generic[Ahead]):
    """One execution's, by id. `lost` is True where some had no room: then what is kept is no longer
    all that came, whether it has a hole or not."""

    memory: AheadMemory
    size_of: Callable[[Ahead], int]
    lost: bool = field(init=False, default=False)
    _events: dict[int, Ahead] = field(init=False, default_factory=dict)
    _bytes: int = field(init=False, default=0)

    def __len__(self) -> int:
        return len(self._events)

    def add(self, id: int, event: Ahead) -> None:
        """One that came before stays."""
        size = self.size_of(event)
        if id in self._events:
            return
        full = self._bytes + size > MOST_BYTES or self.memory.bytes + size > self.memory.max_bytes
        if full or len(self._events) >= MOST_EVENTS:
            self.lost = True
            return
        self._events[id] = event
        self._grow(size)

    def has(self, id: int) -> bool:
        return id in self._events

    def next_run(self, known: int) -> list[Ahead]:
        """Those that follow event `known` without a hole, which are kept no longer; nor are those
        before."""
        run: list[Ahead] = []
        self.drop(known)
        while known + 1 in self._events:
            known += 1
            run.append(self._take(known))
        return run

    def drop(self, known: int) -> None:
        """Keep only what comes after event `known`."""
        for id in [id for id in self._events if id <= known]:
            self._take(id)

    def clear(self) -> None:
        self._grow(-self._bytes)
        self._events.clear()
        self.lost = False

    def _take(self, id: int) -> Ahead:
        event = self._events.pop(id)
        self._grow(-self.size_of(event))
        return event

    def _grow(self, size: int) -> None:
        self._bytes += size
        self.memory.bytes += size
