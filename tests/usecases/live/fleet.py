"""Replicas of the service over one fake AWS and one fake bus."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from handrail.core.errors import Throttled
from handrail.core.models import ExecutionId, HistoryEvent, Page
from handrail.core.pacing import TokenBucket
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.in_memory import InMemoryStarts
from handrail.usecases.live import Hub, HubObservers, Level, LiveLimits, Subscription
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import read_budget
from handrail.usecases.live.source import ExecutionSource
from tests.fakes import FakeHistories, run_until_idle
from tests.watch_bus import KeptLists, ReplicaBus, WatchServer

from .stage import ID, MIDDLE, Client, Stage

THIS = ExecutionId.parse(ID)


@dataclass
class ReplicaReads:
    """One replica's reads of AWS, which may be refused to it alone."""

    histories: FakeHistories
    refused: bool = False

    async def read_page(self, execution_arn: str, **asked: Any) -> Page[HistoryEvent]:
        if self.refused:
            raise Throttled("Slow down.")
        return await self.histories.read_page(execution_arn, **asked)


@dataclass(eq=False)
class Replica:
    """`recent` are the starts that it knows of."""

    hub: Hub
    reads: ReplicaReads
    recent: InMemoryStarts
    bus: ReplicaBus
    lags: list[tuple[str, float]]

    async def subscribed(self, id: str = ID, **options: Any) -> "Follower":
        options.setdefault("after", None)
        options.setdefault("level", Level.EVENTS)
        follower = Follower(self.hub.subscribe(id, id="s1", wake=lambda: None, **options))
        await run_until_idle()
        return follower

    async def killed(self) -> None:
        """It is gone, and what it held isn't given up."""
        self.bus.away = True
        await self.hub.close()


@dataclass
class Follower:
    subscription: Subscription
    client: Client

    def __init__(self, subscription: Subscription) -> None:
        self.subscription, self.client = subscription, Client()

    @property
    def holds(self) -> dict[str, Any]:
        """After all that is due, promises aside. Events were numbered without a hole."""
        self.client.take_all(self.subscription)
        self.client.execution.pop("stale_after_s", None)
        seen = self.client.events
        assert seen == list(range(seen[0], seen[0] + len(seen))) if seen else True
        return self.client.holds


@dataclass
class CommonQuota:
    """`CallQuota` of one operation at one replica: the bucket is all replicas'."""

    bucket: TokenBucket
    replicas: Callable[[], int]

    @property
    def rate(self) -> float:
        return self.bucket.rate / self.replicas()

    @property
    def burst(self) -> float:
        return self.bucket.burst

    @property
    def rate_now(self) -> float:
        return self.bucket.rate_now / self.replicas()

    def used(self, now: float) -> float:
        return self.bucket.used(now)

    def wait_s(self, now: float) -> float:
        return self.bucket.wait_s(now)

    def tokens(self, now: float) -> float:
        return self.bucket.tokens(now) / self.replicas()

    async def claim(self, now: float, *, keep: float = 0.0) -> float:
        return await self.bucket.claim(now, keep=keep)

    def throttled(self, now: float, *, asked_at: float) -> None:
        self.bucket.throttled(now, asked_at=asked_at)


class Fleet:
    """`stage` is AWS. Where reads are `shared_per_s`, that is of all replicas together."""

    def __init__(self, *, shared_per_s: float | None = None, **options: Any) -> None:
        self.shared_per_s = shared_per_s
        self.buckets: dict[str, TokenBucket] = {}
        self.stage = Stage()
        self.clock = self.stage.clock
        self.server = WatchServer(self.clock)
        self.lists = KeptLists(self.clock)
        self.options = options
        self.replicas: list[Replica] = []

    def replica(self, *, reads_per_s: float = 1000, burst: float = 10_000) -> Replica:
        stage, clock = self.stage, self.clock
        if self.shared_per_s is None:
            budget = read_budget(clock, reads_per_s=reads_per_s, burst=burst)
        else:
            rate = self.shared_per_s
            budget = read_budget(clock, reads_per_s=rate, burst=rate, quota=self._quota)
        source = ExecutionSource(
            Catalogue(stage.machines, clock),
            stage.executions,
            (reads := ReplicaReads(stage.histories)),
            Definitions(stage.machines, budget),
            budget=budget,
            recent=(recent := InMemoryStarts(clock)),
            map_runs=MapRunCounts(stage.map_runs, budget.map_runs, clock),
            bus=(bus := self.server.replica()),
            lists=self.lists,
        )
        limits = LiveLimits(looked_for_s=0.0, **self.options)
        lags: list[tuple[str, float]] = []
        observers = HubObservers(lag_seen=lambda *lag: lags.append(lag))
        hub = Hub(source, limits, clock, random=lambda: MIDDLE, observers=observers)
        replica = Replica(hub, reads, recent, bus, lags)
        self.replicas.append(replica)
        return replica

    @property
    def reads(self) -> int:
        return len(self.stage.histories.reads)

    def _quota(self, name: str, rate: float, burst: float) -> CommonQuota:
        def alive() -> int:
            return sum(not replica.bus.away for replica in self.replicas) or 1

        return CommonQuota(self.buckets.setdefault(name, TokenBucket(rate, burst)), alive)

    @contextmanager
    def no_reads(self) -> Iterator[None]:
        before = self.reads
        yield
        assert self.reads == before

    async def close(self) -> None:
        for replica in self.replicas:
            await replica.hub.close()
        await self.stage.hub.close()
