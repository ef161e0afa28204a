"""Remembers for all replicas what `usecases/in_memory.py` remembers for one.

Each of these asks the bus, and its own memory besides: so that what this process did itself is
known to it while the bus is away, and after it was emptied.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from handrail.core.errors import Unavailable
from handrail.core.fleet import digest
from handrail.core.history.outcomes import Outcome, Settlement, TaskKey
from handrail.core.models import ExecutionId
from handrail.core.ports import (
    AppliedSettlements,
    Checkpoint,
    RecentStart,
    RecentStarts,
    WebhookIds,
)
from handrail.core.typed_dict import TypedDict
from handrail.usecases.in_memory import SIGNATURE_GOOD_FOR_S

from .connection import Bus, BusScript

STARTS_KEPT_S = 1800.0  # some 200 bytes each: at 100 a second 36 MB
SETTLEMENTS_KEPT_S = 3600.0
ENDS_KEPT_S = 1800.0
CHECKPOINTS_KEPT_S = 3600.0

_REPLACE = BusScript(
    "replace",
    """
local before, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {before, left}
""",
)
_FIND = BusScript("find", "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}")
_ADD_IF_ABSENT = BusScript(
    "add_if_absent",
    """
local before = redis.call('GET', KEYS[1])
if not before then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return before
""",
)


class _Start(TypedDict):
    started_at: str
    fingerprint: str | None


class _Settled(TypedDict):
    """Without what was answered: the history has it."""

    event_id: int
    state: str
    outcome: Outcome
    at: datetime
    fingerprint: str
    ended_by: int | None
    by: str | None


_start, _settled = TypeAdapter(_Start), TypeAdapter(_Settled)


@dataclass(frozen=True, slots=True, repr=False)
class SharedStarts:
    """`RecentStarts` of all replicas."""

    bus: Bus
    own: RecentStarts

    async def add(
        self, id: ExecutionId, started_at: datetime, *, fingerprint: bytes | None = None
    ) -> RecentStart | None:
        before = await self.own.add(id, started_at, fingerprint=fingerprint)
        start = _Start(
            started_at=started_at.isoformat(),
            fingerprint=None if fingerprint is None else fingerprint.hex(),
        )
        told = await self._asked(_REPLACE, id, _start.dump_json(start), _ms(STARTS_KEPT_S))
        return _newest(before, told)

    async def find(self, id: ExecutionId) -> RecentStart | None:
        return _newest(await self.own.find(id), await self._asked(_FIND, id))

    async def _asked(
        self, script: BusScript, id: ExecutionId, *arguments: bytes | float
    ) -> RecentStart | None:
        key = self.bus.key(str(id), "start")
        try:
            text, left_ms = await self.bus.run(script, [key], *arguments)
        except Unavailable:
            return None
        return _recent_start(text, STARTS_KEPT_S - left_ms / 1000)


@dataclass(frozen=True, slots=True, repr=False)
class SharedSettlements:
    """`AppliedSettlements` of all replicas."""

    bus: Bus
    own: AppliedSettlements

    async def add_if_absent(self, task: TaskKey, settlement: Settlement) -> Settlement | None:
        if (known := await self.own.find(task)) is not None:
            return known
        text, kept = _settled.dump_json(_document(settlement)), _ms(SETTLEMENTS_KEPT_S)
        try:
            found = await self.bus.run(_ADD_IF_ABSENT, [self._key(task)], text, kept)
        except Unavailable:
            return await self.own.add_if_absent(task, settlement)
        before = _settlement(found)
        await self.own.add_if_absent(task, before or settlement)
        return before

    async def find(self, task: TaskKey) -> Settlement | None:
        if (known := await self.own.find(task)) is not None:
            return known
        try:
            return _settlement(await self.bus.command("GET", self._key(task)))
        except Unavailable:
            return None

    def _key(self, task: TaskKey) -> str:
        return self.bus.key(str(task.execution), "settled", str(task.epoch), str(task.event_id))


@dataclass(frozen=True, slots=True, repr=False)
class SharedWebhookIds:
    """`WebhookIds` of all replicas; of this one alone while the bus is away. The bus gets digests:
    an address may be a signed link."""

    bus: Bus
    own: WebhookIds

    async def bind(self, id: str, address: str) -> bool:
        if not await self.own.bind(id, address):
            return False
        here, key = digest(address), self.bus.key(digest(id), "webhook")
        try:
            found = await self.bus.run(_ADD_IF_ABSENT, [key], here, _ms(SIGNATURE_GOOD_FOR_S))
        except Unavailable:
            return True
        return found is None or bool(found == here.encode())


@dataclass(frozen=True, slots=True, repr=False)
class SharedEndClaims:
    """`EndClaims` of all replicas."""

    bus: Bus

    async def claim(self, end: str, purpose: str) -> bool:
        key = self.bus.key(end, "ended", purpose)
        return await self.bus.command("SET", key, 1, "NX", "PX", _ms(ENDS_KEPT_S)) is not None


@dataclass(frozen=True, slots=True, repr=False)
class SharedCheckpoints:
    """`Checkpoints` of all replicas that read the stream of this name: each reads all shards, so
    the one written last is as good as another. Where the bus is away, they are forgotten: a replica
    that starts then begins at the latest records."""

    bus: Bus
    stream: str

    async def put(self, shard: str, sequence_number: str) -> None:
        try:
            key, kept = self._key(shard), _ms(CHECKPOINTS_KEPT_S)
            await self.bus.command("SET", key, sequence_number, "PX", kept)
        except Unavailable:
            return

    async def find(self, shard: str) -> Checkpoint | None:
        try:
            found, left_ms = await self.bus.run(_FIND, [self._key(shard)])
        except Unavailable:
            return None
        if found is None:
            return None
        return Checkpoint(found.decode(), CHECKPOINTS_KEPT_S - left_ms / 1000)

    def _key(self, shard: str) -> str:
        return self.bus.key(f"{digest(self.stream)}/{shard}", "checkpoint")


def _newest(*starts: RecentStart | None) -> RecentStart | None:
    return max(filter(None, starts), key=lambda start: start.started_at, default=None)


def _recent_start(text: bytes | None, age_s: float) -> RecentStart | None:
    """What was kept; None also where another version wrote it otherwise."""
    if text is None:
        return None
    try:
        start = _start.validate_json(text)
        started_at, said = datetime.fromisoformat(start["started_at"]), start["fingerprint"]
        return RecentStart(started_at, age_s, None if said is None else bytes.fromhex(said))
    except ValueError:
        return None


def _document(settlement: Settlement) -> _Settled:
    return {
        "event_id": settlement.event_id,
        "state": settlement.state,
        "outcome": settlement.outcome,
        "at": settlement.at,
        "fingerprint": settlement.fingerprint.hex(),
        "ended_by": settlement.ended_by,
        "by": settlement.by,
    }


def _settlement(text: bytes | None) -> Settlement | None:
    """What was kept; None also where another version wrote it otherwise."""
    try:
        found = None if text is None else _settled.validate_json(text)
        return found and Settlement(
            found["event_id"],
            found["state"],
            found["outcome"],
            found["at"],
            bytes.fromhex(found["fingerprint"]),
            found["ended_by"],
            found["by"],
        )
    except ValueError:
        return None


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
