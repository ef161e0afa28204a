"""How events come into the stream: each with a delay, and as a delivery that is at least once, out
of order and best effort may have it: doubled, late, or never.

A delivery is written as text: `1` is a second's delay, `1:lost=0.01:doubled=0.05:late=0.05` the
same with the shares of those that never come, come twice, and come up to `LATE_S` later. Status
changes all come.
"""

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .account import ENDS, Execution

LATE_S = 3.0
STATUS = 0
"""Stands for an event's id: the execution's status changed."""

Due = tuple[float, int, Execution, int]
"""When, a number that tells those of one time apart, and an event's id or STATUS."""


@dataclass(frozen=True, slots=True)
class Delivery:
    delay_s: float = 1.0
    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    bare: bool = False
    """Logs without execution data."""

    @classmethod
    def parse(cls, text: str) -> "Delivery":
        """Raises ValueError."""
        delay, *shares = text.split(":")
        named = dict(share.split("=") for share in shares if share != "bare")
        if unknown := named.keys() - {"lost", "doubled", "late"}:
            raise ValueError(f"no share of a delivery: {', '.join(sorted(unknown))}")
        told = {name: float(share) for name, share in named.items()}
        return cls(float(delay), **told, bare="bare" in shares)

    def times(self, visible_at: float, chance: random.Random) -> Iterator[float]:
        """When an event that is visible from that time on is delivered: never, once or twice."""
        if chance.random() < self.lost:
            return
        at = visible_at + self.delay_s
        if chance.random() < self.late:
            at += LATE_S * chance.random()
        yield at
        if chance.random() < self.doubled:
            yield at + LATE_S * chance.random()


@dataclass(slots=True)
class Deliverer:
    """What is under way to the stream."""

    delivery: Delivery
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    _sent: dict[str, int] = field(default_factory=dict)
    _due: list[Due] = field(default_factory=list)
    _number: int = 0

    def due(self, executions: Sequence[Execution], now: float) -> list[tuple[Execution, int]]:
        """The events that come now, in order, each with its execution."""
        for execution in executions:
            self._send(execution, now)
        came = []
        while self._due and self._due[0][0] <= now:
            _, _, execution, id = heapq.heappop(self._due)
            came.append((execution, id))
        return came

    def _send(self, execution: Execution, now: float) -> None:
        """What it did since it was looked at."""
        first, last = self._sent.get(execution.name, 0) + 1, execution.visible(now)
        for event_id in range(first, last + 1):
            at = execution.at(event_id)
            self._push(at, execution, event_id)
            if event_id == 1 or execution.event(event_id).type in ENDS:
                self._push(at, execution, STATUS)
        self._sent[execution.name] = last

    def _push(self, visible_at: float, execution: Execution, event_id: int) -> None:
        surely = replace(self.delivery, lost=0.0)
        delivery = surely if event_id == STATUS else self.delivery
        for at in delivery.times(visible_at, self.chance):
            self._number += 1
            heapq.heappush(self._due, (at, self._number, execution, event_id))
