"""Reads the stream that executions' events are pushed into, all its shards, and says whether what
is pushed arrives. Without it, or while it fails, histories are read as if there were none."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

import structlog

from handrail.core.errors import NotFound, ServiceError
from handrail.core.pacing import backoff
from handrail.core.shards import CHECKPOINT_GOOD_S, Shard, ShardPlan, ShardStart

from .shard_reader import ShardReader, StreamParts

log = structlog.get_logger(__name__)

RELIST_S = 60.0  # for a shard that nothing was told of
REPORT_S = 1.0
FAILED_S, MOST_FAILED_S = 2.0, 60.0


@dataclass(slots=True, repr=False)
class PushStream:
    """`name` is for the log."""

    name: str
    parts: StreamParts
    _ended: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = field(init=False, default=None)

    @property
    def healthy(self) -> bool:
        return self.parts.health.healthy(self.parts.clock.monotonic())

    def start(self) -> None:
        """Read from now on, until `close`."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            began = self.parts.clock.monotonic()
            try:
                await self._read_all()
            except* ServiceError as failed:
                code = next(map(_code, failed.exceptions), None)
                log.error("event stream unusable", stream=self.name, code=code)
            except* Exception:
                log.exception("event stream failed", stream=self.name)
            lasted_s = self.parts.clock.monotonic() - began
            failures = 1 if lasted_s > MOST_FAILED_S else failures + 1
            self.parts.health.clear()
            self._tell()
            pause_s = backoff(failures, first_s=FAILED_S, max_s=MOST_FAILED_S)
            await self.parts.clock.sleep(pause_s)

    async def _read_all(self) -> None:
        """Until something is wrong with the stream as a whole, which is raised in a group."""
        plan = ShardPlan()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report())
            starts = plan.update(shards := await self._list(), await self._checkpoints(shards))
            self._begin(group, plan, starts)
            pause_s = RELIST_S
            while True:
                self._ended.clear()
                await self.parts.clock.wait(self._ended, pause_s)
                try:
                    self._begin(group, plan, plan.update(await self._list()), since_now=True)
                    pause_s = RELIST_S
                except ServiceError as error:
                    if isinstance(error, NotFound):
                        raise
                    log.warning("shards not listed", stream=self.name, code=error.code)
                    pause_s = FAILED_S

    async def _list(self) -> Sequence[Shard]:
        return await self.parts.shards.list_all()

    async def _checkpoints(self, shards: Sequence[Shard]) -> dict[str, str]:
        """Those young enough to go on from."""
        found = await asyncio.gather(*(self.parts.checkpoints.find(shard.id) for shard in shards))
        return {
            shard.id: checkpoint.sequence_number
            for shard, checkpoint in zip(shards, found, strict=True)
            if checkpoint is not None and checkpoint.age_s <= CHECKPOINT_GOOD_S
        }

    def _begin(
        self,
        group: asyncio.TaskGroup,
        plan: ShardPlan,
        starts: Iterable[ShardStart],
        *,
        since_now: bool = False,
    ) -> None:
        """`since_now` for shards that took over from others, which are read to their ends."""
        complete_to = self.parts.clock.monotonic() if since_now else -inf
        for start in starts:
            log.info("shard begun", stream=self.name, shard=start.shard)
            self.parts.health.begin(start.shard, complete_to)
            group.create_task(self._follow(group, plan, start))

    async def _follow(self, group: asyncio.TaskGroup, plan: ShardPlan, start: ShardStart) -> None:
        await ShardReader(self.parts, start).run()
        log.info("shard read to its end", stream=self.name, shard=start.shard)
        self._begin(group, plan, plan.end(start.shard), since_now=True)
        self.parts.health.end(start.shard)
        self._ended.set()  # others may have taken over that aren't listed yet

    async def _report(self) -> None:
        while True:
            self._tell()
            await self.parts.clock.sleep(REPORT_S)

    def _tell(self) -> None:
        now = self.parts.clock.monotonic()
        behind_s = self.parts.health.behind_s(now)
        self.parts.meter.push_behind(behind_s)
        self.parts.target.push_state(self.parts.health.healthy(now), behind_s)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, ServiceError) else type(error).__name__
