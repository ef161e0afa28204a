"""What this process started lately: AWS's reads lag its writes, and a replay is to be told."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from service.core.canonical import canonical
from service.core.models import ExecutionId

from .clock import Clock

REMEMBERED = 4096
LAG_S = 10.0
BELIEVED_S = 24 * 3600.0
"""AWS lets a name be used again 90 days after its execution has ended; we forget long before."""


@dataclass(frozen=True, slots=True)
class Begun:
    """One start. `fingerprint` is its input's, None where nobody can ask for it again."""

    started_at: datetime
    noted_at: float
    fingerprint: bytes | None


class RecentStarts:
    """A bounded memory of starts, newest kept."""

    def __init__(self, clock: Clock, *, remembered: int = REMEMBERED) -> None:
        self._clock = clock
        self._remembered = remembered
        self._starts: OrderedDict[ExecutionId, Begun] = OrderedDict()

    def add(
        self, id: ExecutionId, started_at: datetime, *, fingerprint: bytes | None = None
    ) -> None:
        self._starts[id] = Begun(started_at, self._clock.monotonic(), fingerprint)
        self._starts.move_to_end(id)
        while len(self._starts) > self._remembered:
            self._starts.popitem(last=False)

    def started_at(self, id: ExecutionId) -> datetime | None:
        """AWS's start date, None where this process didn't start it lately."""
        start = self._found(id, BELIEVED_S)
        return start.started_at if start else None

    def fingerprint(self, id: ExecutionId) -> bytes | None:
        """Of the input it was started with here, None where that isn't known."""
        start = self._found(id, BELIEVED_S)
        return start.fingerprint if start else None

    def just_started(self, id: ExecutionId) -> bool:
        """Whether it was started so recently that AWS's reads may not show it."""
        return self._found(id, LAG_S) is not None

    def _found(self, id: ExecutionId, within_s: float) -> Begun | None:
        start = self._starts.get(id)
        if start is None or self._clock.monotonic() - start.noted_at >= within_s:
            return None
        return start


def fingerprint_of(input: str) -> bytes:
    """The same for every text of the same value."""
    return hashlib.sha256(canonical(input)).digest()
