"""Keeps for a moment what is pushed of executions that began and that nobody watches yet: who
starts one and then looks at it comes later than its first events, and would need a read for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handrail.core.models import ExecutionId
from handrail.core.pushes import PushedEvent

from .event_log import size_of

KEPT_S = 30.0  # from an execution's first event on
MOST_BYTES = 32 * 1024 * 1024
FIRST_EVENTS = 5  # any of them may come first


@dataclass(slots=True)
class KeptPushes:
    until: float
    pushes: list[PushedEvent] = field(default_factory=list)
    bytes: int = 0


@dataclass(slots=True, repr=False)
class UnwatchedPushes:
    """Of all executions; the longest kept go first. Times are monotonic seconds."""

    most_bytes: int = MOST_BYTES
    _kept: dict[ExecutionId, KeptPushes] = field(init=False, default_factory=dict)
    _bytes: int = field(init=False, default=0)

    def add(self, push: PushedEvent, now: float) -> None:
        kept = self._kept.get(push.execution)
        if kept is None and push.event.id <= FIRST_EVENTS:
            kept = self._kept[push.execution] = KeptPushes(now + KEPT_S)
        if kept is not None:
            size = size_of(push.event)
            kept.pushes.append(push)
            kept.bytes += size
            self._bytes += size
        self._drop(now)

    def take(self, id: ExecutionId) -> Sequence[PushedEvent]:
        """What is kept of this one, which is kept no longer."""
        kept = self._kept.pop(id, None)
        if kept is None:
            return ()
        self._bytes -= kept.bytes
        return kept.pushes

    def _drop(self, now: float) -> None:
        while self._kept:
            id, kept = next(iter(self._kept.items()))
            if kept.until > now and self._bytes <= self.most_bytes:
                return
            self.take(id)
