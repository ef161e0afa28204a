"""What fails in a round, and when: drawn by seed from all that a fleet depends on."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from benchmarks.processes.asking import deliver, split, trouble

from .fleet import Fleet

LEAST_S, MOST_S = 0.3, 6.0
"""How long a fault lasts: beyond a lease's length, so that others take over from who comes back."""

DELIVERIES = (
    "0.3:lost=0.15",
    "0.3:doubled=0.3:late=0.3",
    "0.1:lost=0.05:doubled=0.1:late=0.2",
    "2.5",
    "0.3:lost=0.2:bare",
    "0.3:bare",
)
CALM = "0.3"
HISTORY = ["GetExecutionHistory"]
STREAM = ["GetRecords", "ListShards", "GetShardIterator"]
TROUBLED = (None, HISTORY, STREAM, ["ListExecutions"])


@dataclass(frozen=True, slots=True)
class Fault:
    """Begins so many seconds after the round's start, and is mended `for_s` later."""

    kind: str
    at_s: float
    for_s: float
    chance: random.Random

    def __str__(self) -> str:
        return f"{self.kind} at {self.at_s:.1f} s for {self.for_s:.1f} s"

    async def happen(self, fleet: Fleet) -> None:
        await asyncio.sleep(self.at_s)
        async with KINDS[self.kind](fleet, self):
            await asyncio.sleep(self.for_s)


Happening = Callable[[Fleet, Fault], AbstractAsyncContextManager[None]]


def drawn(
    chance: random.Random,
    span_s: float,
    most: int,
    *,
    most_s: float = MOST_S,
    pushed: bool = True,
    shared: bool = True,
) -> list[Fault]:
    """One fault at least, each within `span_s`, for `most_s` at most, of what such a fleet has."""
    spared = (set() if pushed else OF_STREAM) | (set() if shared else OF_BUS)
    kinds = [kind for kind in KINDS if kind not in spared]
    return [
        Fault(
            chance.choice(kinds),
            chance.uniform(0, span_s),
            chance.uniform(LEAST_S, most_s),
            random.Random(chance.random()),  # noqa: S311 - repeatable, no secret
        )
        for _ in range(chance.randint(1, most))
    ]


@asynccontextmanager
async def _killed(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    replica = fault.chance.choice(fleet.replicas)
    if replica.pid == 0:  # it is dead already
        yield
        return
    await replica.kill()
    try:
        yield
    finally:
        await replica.start()


@asynccontextmanager
async def _frozen(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    replica = fault.chance.choice(fleet.replicas)
    replica.pause()
    try:
        yield
    finally:
        replica.go_on()


@asynccontextmanager
async def _parted(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    proxy = fault.chance.choice(fleet.replicas).proxy
    proxy.cut()
    if fault.chance.random() < 0.3:
        proxy.drop()
    try:
        yield
    finally:
        proxy.mend()


@asynccontextmanager
async def _bus_frozen(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    fleet.bus.pause()
    try:
        yield
    finally:
        fleet.bus.go_on()


@asynccontextmanager
async def _bus_killed(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    await fleet.bus.kill()
    try:
        yield
    finally:
        await fleet.bus.start()


@asynccontextmanager
async def _flushed(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    async with asyncio.timeout(10):
        await fleet.bus.ask("FLUSHALL")
    yield


@asynccontextmanager
async def _delivered_otherwise(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    await asyncio.to_thread(deliver, fleet.endpoint.url, fault.chance.choice(DELIVERIES))
    try:
        yield
    finally:
        await asyncio.to_thread(deliver, fleet.endpoint.url, CALM)


@asynccontextmanager
async def _split(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
    await asyncio.to_thread(split, fleet.endpoint.url)
    yield


def _aws(kind: str) -> Happening:
    @asynccontextmanager
    async def troubled(fleet: Fleet, fault: Fault) -> AsyncIterator[None]:
        operations = fault.chance.choice(TROUBLED)
        await asyncio.to_thread(trouble, fleet.endpoint.url, kind, fault.for_s, operations)
        yield

    return troubled


KINDS: dict[str, Happening] = {
    "a replica is killed": _killed,
    "a replica stands still": _frozen,
    "a replica is parted from the bus": _parted,
    "the bus stands still": _bus_frozen,
    "the bus is killed, and is empty": _bus_killed,
    "the bus is flushed": _flushed,
    "the stream delivers otherwise": _delivered_otherwise,
    "a shard is split": _split,
    "AWS throttles": _aws("throttle"),
    "AWS hangs": _aws("hang"),
    "AWS fails": _aws("fail"),
}
OF_BUS = {kind for kind in KINDS if "the bus" in kind}
OF_STREAM = {"the stream delivers otherwise", "a shard is split"}
