"""Admits no more requests at once than can be worked on, and refuses the rest before it costs
anything.

A request that only waits (a long-poll, a stream, a synchronous execution) holds no slot meanwhile:
ten thousand of those cost less than a hundred starts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

from quart import request

from service.core.errors import Overloaded

EXTENSION = "handrail.shedder"
SLOT = "handrail.slot"
EXEMPT = frozenset({"/healthz", "/readyz", "/metrics"})
"""What an overloaded process must still answer, or it is taken for a dead one."""


class Shedder:
    """Counts the requests of one process. `shed` counts those refused since its start."""

    def __init__(self, *, max_active: int, max_waiting: int) -> None:
        self._max_active = max_active
        self.max_waiting = max_waiting
        self.active = 0
        self.waiting = 0
        self.shed = 0

    @property
    def full(self) -> bool:
        return self.active >= self._max_active

    def enter(self) -> "Slot | None":
        """A slot to be left by `with`; None where none is free."""
        if self.full:
            return None
        self.active += 1
        return Slot(self)


class Slot:
    """One request's slot: it works, or it waits."""

    __slots__ = ("_shedder", "_waits")

    def __init__(self, shedder: Shedder) -> None:
        self._shedder = shedder
        self._waits = False

    def wait(self) -> None:
        """From here on the request only waits. Raises Overloaded where as many wait as may."""
        if self._waits:
            return
        shedder = self._shedder
        if shedder.waiting >= shedder.max_waiting:
            raise Overloaded("As many requests wait as this replica holds.", retry_after_s=5)
        shedder.waiting += 1
        shedder.active -= 1
        self._waits = True

    def work(self) -> None:
        """Back to work, even where no slot is free: what was let in is finished."""
        if self._waits:
            self._shedder.waiting -= 1
            self._shedder.active += 1
            self._waits = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.work()
        self._shedder.active -= 1


@contextmanager
def waiting() -> Iterator[None]:
    """Around what the running request only waits for. Raises Overloaded."""
    slot = _slot()
    if slot is None:
        yield
        return
    slot.wait()
    try:
        yield
    finally:
        slot.work()


def only_waits() -> None:
    """The running request waits to its end: its answer is a stream. Raises Overloaded."""
    if (slot := _slot()) is not None:
        slot.wait()


def _slot() -> Slot | None:
    """None for a request that came in by no connection of ours."""
    return cast("Slot | None", cast(dict[str, Any], request.scope).get(SLOT))
