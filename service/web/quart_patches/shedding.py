"""Admits no more requests at once than can be worked on; refusing the rest costs next to nothing. A
request that only waits holds no slot: ten thousand of those cost less than a hundred starts."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, cast

from quart import request

from handrail.core.errors import Overloaded

SLOT = "handrail.slot"
EXEMPT = frozenset({"/healthz", "/readyz", "/metrics"})
"""What an overloaded process must still answer, or it is taken for a dead one."""


@dataclass(slots=True)
class Shedder:
    """Counts the requests of one process."""

    max_active: int
    max_waiting: int
    active: int = 0
    waiting: int = 0

    def enter(self) -> "Slot | None":
        """A slot to be left by `with`; None where none is free."""
        if self.active >= self.max_active:
            return None
        self.active += 1
        return Slot(self)


@dataclass(slots=True)
class Slot:
    """One request's slot: it works, or it waits."""

    shedder: Shedder
    waits: bool = False
    waited_s: float = 0.0
    """How long it only waited so far, up to when it last went back to work."""
    _waits_since: float = 0.0

    def wait(self) -> None:
        """From here on the request only waits. Raises Overloaded where as many wait as may."""
        if self.waits:
            return
        if self.shedder.waiting >= self.shedder.max_waiting:
            raise Overloaded("As many requests wait as this replica holds.", retry_after_s=5)
        self.shedder.waiting += 1
        self.shedder.active -= 1
        self.waits, self._waits_since = True, time.monotonic()

    def work(self) -> None:
        """Back to work, even where no slot is free: what was let in is finished."""
        if self.waits:
            self.shedder.waiting -= 1
            self.shedder.active += 1
            self.waits = False
            self.waited_s += time.monotonic() - self._waits_since

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.work()
        self.shedder.active -= 1


@contextmanager
def waiting() -> Iterator[None]:
    """Around what the running request only waits for. Raises Overloaded."""
    only_waits()
    try:
        yield
    finally:
        if (slot := cast(dict[str, Any], request.scope).get(SLOT)) is not None:
            slot.work()


def only_waits() -> None:
    """The running request, if it has a slot, waits to its end: it streams. Raises Overloaded."""
    if (slot := cast(dict[str, Any], request.scope).get(SLOT)) is not None:
        slot.wait()
