"""What one process knows alone of what all processes have in common: `core.ports` in its memory.

Each keeps so many of the newest things. None of them awaits anything, so each call is one step.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from service.core.models import ExecutionId
from service.core.ports import RecentStart
from service.core.settling import Settlement, TaskKey

from .clock import Clock

STARTS = 4096
START_BELIEVED_S = 24 * 3600.0
"""AWS lets a name be used again 90 days after its execution has ended; we forget long before."""

SETTLEMENTS = 10_000
WEBHOOK_IDS = 10_000
SIGNATURE_GOOD_FOR_S = 600.0
"""From the earliest to the latest moment at which one signature is taken."""


class InMemoryNudges:
    """`NudgeChannel` of one process."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[ExecutionId], None]] = []

    async def send(self, id: ExecutionId) -> None:
        for nudged in self._listeners:
            nudged(id)

    def listen(self, nudged: Callable[[ExecutionId], None]) -> None:
        self._listeners.append(nudged)


class InMemoryStarts:
    """`RecentStarts` of one process."""

    def __init__(self, clock: Clock, *, most: int = STARTS) -> None:
        self._clock = clock
        self._most = most
        self._starts: OrderedDict[ExecutionId, tuple[datetime, float, bytes | None]] = OrderedDict()

    async def add(
        self, id: ExecutionId, started_at: datetime, *, fingerprint: bytes | None = None
    ) -> RecentStart | None:
        before = await self.find(id)
        self._starts[id] = started_at, self._clock.monotonic(), fingerprint
        self._starts.move_to_end(id)
        if len(self._starts) > self._most:
            self._starts.popitem(last=False)
        return before

    async def find(self, id: ExecutionId) -> RecentStart | None:
        if (start := self._starts.get(id)) is None:
            return None
        started_at, noted_at, fingerprint = start
        age_s = self._clock.monotonic() - noted_at
        return RecentStart(started_at, age_s, fingerprint) if age_s < START_BELIEVED_S else None


class InMemorySettlements:
    """`AppliedSettlements` of one process."""

    def __init__(self, *, most: int = SETTLEMENTS) -> None:
        self._most = most
        self._settlements: OrderedDict[TaskKey, Settlement] = OrderedDict()

    async def add_if_absent(self, task: TaskKey, settlement: Settlement) -> Settlement | None:
        if (before := self._settlements.get(task)) is not None:
            return before
        self._settlements[task] = settlement
        if len(self._settlements) > self._most:
            self._settlements.popitem(last=False)
        return None

    async def find(self, task: TaskKey) -> Settlement | None:
        return self._settlements.get(task)


class InMemoryWebhookIds:
    """`WebhookIds` of one process."""

    def __init__(self, clock: Clock, *, most: int = WEBHOOK_IDS) -> None:
        self._clock = clock
        self._most = most
        self._seen: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def address_of(self, id: str, address: str) -> str:
        now = self._clock.monotonic()
        while self._seen and (self._oldest_until() <= now or len(self._seen) >= self._most):
            self._seen.popitem(last=False)
        return self._seen.setdefault(id, (address, now + SIGNATURE_GOOD_FOR_S))[0]

    def _oldest_until(self) -> float:
        return next(iter(self._seen.values()))[1]
