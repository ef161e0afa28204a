"""Implements, for one process, the ports to what all processes have in common. Each keeps so many
of the newest things, and awaits nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handrail.clock import Clock
from handrail.core.history.outcomes import Settlement, TaskKey
from handrail.core.models import ExecutionId
from handrail.core.ports import Checkpoint, RecentStart

STARTS = 4096
START_BELIEVED_S = 24 * 3600.0  # AWS lets a name be used again 90 days after the end
_Start = tuple[datetime, float, bytes | None]
SETTLEMENTS = 10_000
WEBHOOK_IDS = 10_000
SHARDS = 1_000
SIGNATURE_GOOD_FOR_S = 600.0  # from the earliest to the latest moment one is taken


@dataclass(frozen=True, slots=True, repr=False)
class InMemoryNudges:
    """`NudgeChannel` of one process."""

    _listeners: list[Callable[[ExecutionId], None]] = field(init=False, default_factory=list)

    async def send(self, id: ExecutionId) -> None:
        for nudged in self._listeners:
            nudged(id)

    def listen(self, nudged: Callable[[ExecutionId], None]) -> None:
        self._listeners.append(nudged)


@dataclass(frozen=True, slots=True, repr=False)
class InMemoryStarts:
    """`RecentStarts` of one process."""

    clock: Clock
    most: int = STARTS
    _starts: dict[ExecutionId, _Start] = field(init=False, default_factory=dict)

    async def add(
        self, id: ExecutionId, started_at: datetime, *, fingerprint: bytes | None = None
    ) -> RecentStart | None:
        before = await self.find(id)
        self._starts.pop(id, None)
        self._starts[id] = started_at, self.clock.monotonic(), fingerprint
        keep_newest(self._starts, self.most)
        return before

    async def find(self, id: ExecutionId) -> RecentStart | None:
        if (start := self._starts.get(id)) is None:
            return None
        started_at, noted_at, fingerprint = start
        age_s = self.clock.monotonic() - noted_at
        return RecentStart(started_at, age_s, fingerprint) if age_s < START_BELIEVED_S else None


@dataclass(frozen=True, slots=True, repr=False)
class InMemorySettlements:
    """`AppliedSettlements` of one process."""

    most: int = SETTLEMENTS
    _settlements: dict[TaskKey, Settlement] = field(init=False, default_factory=dict)

    async def add_if_absent(self, task: TaskKey, settlement: Settlement) -> Settlement | None:
        if (before := self._settlements.get(task)) is not None:
            return before
        self._settlements[task] = settlement
        keep_newest(self._settlements, self.most)
        return None

    async def find(self, task: TaskKey) -> Settlement | None:
        return self._settlements.get(task)


@dataclass(frozen=True, slots=True, repr=False)
class InMemoryWebhookIds:
    """`WebhookIds` of one process."""

    clock: Clock
    most: int = WEBHOOK_IDS
    _seen: dict[str, tuple[str, float]] = field(init=False, default_factory=dict)

    async def bind(self, id: str, address: str) -> bool:
        now = self.clock.monotonic()
        if id in self._seen and self._seen[id][1] <= now:
            del self._seen[id]
        first, _ = self._seen.setdefault(id, (address, now + SIGNATURE_GOOD_FOR_S))
        keep_newest(self._seen, self.most)
        return first == address


@dataclass(frozen=True, slots=True, repr=False)
class InMemoryCheckpoints:
    """`Checkpoints` of one process."""

    clock: Clock
    most: int = SHARDS
    _read: dict[str, tuple[str, float]] = field(init=False, default_factory=dict)

    async def put(self, shard: str, sequence_number: str) -> None:
        self._read.pop(shard, None)
        self._read[shard] = sequence_number, self.clock.monotonic()
        keep_newest(self._read, self.most)

    async def find(self, shard: str) -> Checkpoint | None:
        if (read := self._read.get(shard)) is None:
            return None
        sequence_number, put_at = read
        return Checkpoint(sequence_number, self.clock.monotonic() - put_at)


def keep_newest(things: dict[Any, Any], most: int) -> None:
    """Forget the things that were added first, so that so many are left."""
    while len(things) > most:
        del things[next(iter(things))]
