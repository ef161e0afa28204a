"""A stream in memory with the limits of Kinesis, and what reads it, by a clock of the test's."""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handrail.core.errors import InvalidRequest, NotFound, Throttled
from handrail.core.models import Account
from handrail.core.pacing import TokenBucket
from handrail.core.pushes import Push, PushedEvent
from handrail.core.shards import Shard, ShardRecords, ShardStart, StreamRecord
from handrail.usecases.in_memory import InMemoryCheckpoints
from handrail.usecases.live.push_stream import PushStream
from handrail.usecases.live.shard_reader import READ_S, StreamParts
from tests.events import ACCOUNT, REGION, log_line
from tests.fakes import FakeClock, Port

HERE = Account("aws", REGION, ACCOUNT)
ITERATOR_S = 300.0
READS_PER_S = 5


class FakeShards(Port):
    """`records` by shard; a sequence number is a place in them, from 1. An iterator is good for
    five minutes, and a shard answers five reads a second."""

    def __init__(self, clock: FakeClock, *shards: str) -> None:
        super().__init__()
        self.clock = clock
        self.shards = {id: Shard(id) for id in shards}
        self.records: dict[str, list[bytes]] = {id: [] for id in shards}
        self.written: dict[str, list[datetime]] = {id: [] for id in shards}
        self.reads: list[tuple[float, str]] = []
        self.limits: list[int] = []
        self.behind_s = 0.0
        self.generation = 1

    def write(self, shard: str, *lines: str) -> None:
        """One record with these log lines."""
        self.records[shard].append(record(*lines))
        self.written.setdefault(shard, []).append(self.clock.now())

    def reshard(self, parents: Sequence[str], *children: str) -> None:
        for id in parents:
            self.shards[id] = Shard(id, self.shards[id].parents, open=False)
        for id in children:
            self.shards[id] = Shard(id, tuple(parents))
            self.records[id] = []

    def make_anew(self) -> None:
        """As if the stream was deleted and made again: no iterator is good any more."""
        self.generation += 1
        self.records = {id: [] for id in self.records}

    async def list_all(self) -> Sequence[Shard]:
        await self._called("list_all")
        return list(self.shards.values())

    async def iterator(self, start: ShardStart) -> str:
        await self._called("iterator")
        shard, held = start.shard, len(self.records[start.shard])
        place = held if start.newest else int(start.after or 0)
        if start.since is not None:
            place = sum(at < start.since for at in self.written[shard])
        if place > held:
            raise InvalidRequest("No such sequence number.")
        return f"{self.generation}/{shard}/{place}/{self.clock.monotonic()}"

    async def read(self, iterator: str, *, limit: int) -> ShardRecords:
        generation, shard, place, made_at = iterator.split("/")
        now = self.clock.monotonic()
        self.reads.append((now, shard))
        self.limits.append(limit)
        await self._called("read")
        if generation != str(self.generation):
            raise NotFound("There is no such stream.")
        if now - float(made_at) > ITERATOR_S:
            raise InvalidRequest("The iterator has expired.")
        if sum(at > now - 1 and each == shard for at, each in self.reads) > READS_PER_S:
            raise Throttled("Too many reads.", retry_after_s=1.0)
        end = int(place) + limit
        found = self.records[shard][int(place) : end]
        records = tuple(
            StreamRecord(str(int(place) + n), data) for n, data in enumerate(found, start=1)
        )
        over = not self.shards[shard].open and end >= len(self.records[shard])
        following = f"{self.generation}/{shard}/{int(place) + len(found)}/{now}"
        return ShardRecords(records, None if over else following, self.behind_s)


def record(*lines: str) -> bytes:
    """What a subscription writes of these log lines."""
    events = [{"id": str(n), "timestamp": 0, "message": line} for n, line in enumerate(lines)]
    batch = {"messageType": "DATA_MESSAGE", "logEvents": events}
    return gzip.compress(json.dumps(batch).encode(), mtime=0)


def line(event_id: int, execution: str = "orders:one") -> str:
    return log_line(execution, event_id, input="{}")


class FakeTarget:
    """Notes what is pushed; `told` whether pushes arrive, each time that changes."""

    def __init__(self) -> None:
        self.pushes: list[Push] = []
        self.told: list[bool] = []
        self.behind_s = 0.0
        self.fails_at = 0

    def pushed(self, push: Push) -> None:
        self.pushes.append(push)
        if len(self.pushes) == self.fails_at:
            raise RuntimeError("a fault of the target's")

    def push_state(self, healthy: bool, behind_s: float) -> None:
        self.behind_s = behind_s
        if self.told[-1:] != [healthy]:
            self.told.append(healthy)

    @property
    def ids(self) -> list[int]:
        return [push.event.id for push in self.pushes if isinstance(push, PushedEvent)]


class FakePushMeter:
    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.behind_s = 0.0

    def push(self, kind: str, amount: int = 1) -> None:
        self.counted[kind] += amount

    def push_behind(self, seconds: float) -> None:
        self.behind_s = seconds


@dataclass(slots=True)
class PartOfFleet(TokenBucket):
    """A shard's quota for a fleet of so many, whose others are late just now."""

    replicas: int

    @property
    def rate_now(self) -> float:
        return self.rate / self.replicas


class StreamStage:
    def __init__(self, *shards: str) -> None:
        self.clock = FakeClock()
        self.shards = FakeShards(self.clock, *(shards or ("a",)))
        self.target, self.meter = FakeTarget(), FakePushMeter()
        self.account: Account | None = HERE
        self.replicas = 1
        self.checkpoints = InMemoryCheckpoints(self.clock)
        self.stream = self.another()

    def another(self) -> PushStream:
        """A reader of the same stream, as after a restart."""
        parts = StreamParts(
            self.shards,
            self.target,
            self.clock,
            self.meter,
            self.checkpoints,
            quota_of=lambda _: PartOfFleet(1 / READ_S, 1, self.replicas),
            account=lambda: self.account,
        )
        return PushStream("events", parts)
