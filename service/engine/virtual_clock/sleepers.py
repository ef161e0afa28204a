"""Threads of a timeline that wait, and until when."""

import heapq
import threading
from dataclasses import dataclass, field
from enum import Enum
from itertools import count


class Mode(Enum):
    OUTSIDE = "no thread of this timeline"
    TURN = "has the turn, or waits for it"
    BUSY = "runs somebody's code"


@dataclass(slots=True, eq=False)
class Sleeper:
    """A thread that waits. `outside`: it needs no turn to go on."""

    outside: bool = False
    woken: bool = False
    by_signal: bool = False
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Deadlines:
    """Of sleepers, in microseconds. Those that were woken before theirs have none any more."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Sleeper]] = []
        self._numbers = count()

    def add(self, due_us: int, sleeper: Sleeper) -> None:
        heapq.heappush(self._heap, (due_us, next(self._numbers), sleeper))

    def earliest_us(self) -> int | None:
        while self._heap and self._heap[0][2].woken:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, due_us: int) -> list[Sleeper]:
        """Wakes those that are due by then, by their deadlines, and in the order they came."""
        taken = []
        while (earliest := self.earliest_us()) is not None and earliest <= due_us:
            sleeper = heapq.heappop(self._heap)[2]
            sleeper.woken = True
            taken.append(sleeper)
        return taken
