"""Where a scene is played: the endpoint, the service, its audience and the people who ask."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .asking import add
from .audience import Audience
from .person import Person, every
from .plans import APPROVAL, plan

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """Whom a scene talks to, and how large it is."""

    endpoint: str
    pids: Sequence[int]
    """The replicas' processes."""

    size: int
    plan: str
    limit_s: float
    calm_s: float
    push_s: float | None
    """How late events are pushed, None where they aren't."""

    audience: Audience
    person: Person

    def waiting(self, number: int, *, by: str = "asked") -> list[str]:
        """So many executions more, each waiting for a callback, and watched by nobody yet."""
        names = [f"{by}-{each}" for each in range(number)]
        add(self.endpoint, names, "waits", first_at=time.time())
        return [f"waits:{name}" for name in names]

    def watched(self) -> list[str]:
        """The scene's own executions, all started now, and a socket on each."""
        now, followed = time.time(), plan(self.plan)
        names = [f"watched-{number}" for number in range(self.size)]
        add(self.endpoint, names, self.plan, first_at=now)
        executions = [f"{followed.machine}:{name}" for name in names]
        for execution in executions:
            self.audience.watch(execution, followed, now)
        return executions

    @contextlib.asynccontextmanager
    async def asking(
        self,
        looked_at: Sequence[str],
        settled: Sequence[str],
        stopped: Sequence[str] = (),
        *,
        every_s: float = 1.0,
    ) -> AsyncIterator[None]:
        """Now and then meanwhile somebody looks at any of the first executions, settles the task
        of the next one of the second, and stops the next one of the third, while there are any."""
        to_settle, to_stop = iter(settled), iter(stopped)

        async def ask(_: int) -> None:
            asked = [self.person.look(random.choice(looked_at))]  # noqa: S311 - no secret
            asked += [self.person.settle(each, APPROVAL) for each in islice(to_settle, 1)]
            asked += [self.person.stop(each) for each in islice(to_stop, 1)]
            await asyncio.gather(*asked)

        async with meanwhile(every(every_s, ask)):
            yield


async def first_snapshots(stage: Stage) -> tuple[Found, list[str]]:
    began_at = time.time()
    executions = stage.watched()
    await stage.audience.until(lambda seen: seen.snapshot_at is not None, stage.limit_s)
    return snapshots(stage, began_at), executions


def snapshots(stage: Stage, since: float) -> Found:
    after_s = sorted(stage.audience.snapshots_after_s(since))
    missing = len(stage.audience.seen) - len(after_s)
    first = {"first_s": max(0.0, after_s[0])} if after_s else {}
    return {**first, "snapshots": spread(after_s), "none": missing}


@contextlib.asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Something goes on until the block ends, and is awaited then."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 99th of a hundred, and the largest; nothing where there are none."""
    if not values:
        return {}
    ordered = sorted(values)
    last = len(ordered) - 1
    places = {"p50": last // 2, "p99": round(last * 0.99), "max": last}
    return {name: ordered[place] for name, place in places.items()}
