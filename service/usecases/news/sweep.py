"""Lists the executions of state machines that somebody wants news of: what nobody was told of began
or ended all the same, while pushes didn't come, while every replica was down, or since there are
none."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from handrail.clock import Clock
from handrail.core.errors import ServiceError
from handrail.core.models import Execution, ExecutionId, ExecutionStatus, MachineType, StateMachine
from handrail.core.news.requirements import left_out
from handrail.core.read_queue import Urgency
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.live.list_pages import ListPages, PageKey

from .news_follower import NewsFollower
from .subscribers import Subscribers
from .tracked_executions import TrackedExecution
from .watermarks import Watermarks

log = structlog.get_logger(__name__)

PUSHED_S = 300.0  # between two sweeps where events are pushed
POLLED_S = 5.0  # and where they aren't, as the budget of lists allows
LAG = timedelta(seconds=360)  # lists show what began by then: AWS takes clocks 300 s off
GAP = timedelta(minutes=15)  # nobody looked for so long: what had ended may have been redriven
MOST_BACK = 10_000  # executions from before a gap that are looked through for that


@dataclass(slots=True, repr=False)
class NewsSweep:
    """Of a process that leads."""

    follower: NewsFollower
    subscribers: Subscribers
    marks: Watermarks
    catalogue: Catalogue
    pages: ListPages
    clock: Clock
    push: bool

    async def run(self) -> None:
        """Until cancelled; at once, and again and again."""
        first = True
        while True:
            self.follower.tracked.missed = False
            await self._sweep_all(first=first)
            self.follower.catch_up()
            first = False
            await self.clock.sleep(PUSHED_S if self.push else POLLED_S)

    async def _sweep_all(self, *, first: bool) -> None:
        try:
            machines = [machine for machine, _ in await self.catalogue.list_all()]
        except ServiceError as error:
            log.warning("executions not listed for news", code=error.code)
            return
        if first:
            express = [each.name for each in machines if each.type is MachineType.EXPRESS]
            for sentence in left_out(self.subscribers.by_id.values(), express):
                log.warning("news are left out", why=sentence)
        for machine in machines:
            if machine.type is MachineType.STANDARD and self.subscribers.asking(machine.name):
                try:
                    await self._sweep(machine, first=first)
                except ServiceError as error:
                    name = machine.name
                    log.warning("executions not listed for news", code=error.code, machine=name)

    async def _sweep(self, machine: StateMachine, *, first: bool) -> None:
        mark, began_at = await self.marks.of(machine.name), self.clock.now()
        followed = {each.id: each for each in self.follower.tracked.of(machine.name)}
        for_redrives = MOST_BACK if first and began_at - mark > GAP else 0
        async with aclosing(self._executions(machine)) as executions:
            async for each in executions:
                if each.started_at < mark:
                    for_redrives -= 1
                    if for_redrives < 0:
                        break
                    if not _redriven_since(each, mark):
                        continue
                followed.pop(each.id, None)
                self.follower.listed(each, since=mark)
        if first or followed:
            await self._compare_running(machine, followed, mark)
        await self._move_mark(machine.name, began_at)

    async def _compare_running(
        self, machine: StateMachine, followed: dict[ExecutionId, TrackedExecution], mark: datetime
    ) -> None:
        """What is followed and doesn't run has ended; what runs and isn't followed was redriven, or
        ran before its state machine was first seen."""
        running: set[ExecutionId] = set()
        async with aclosing(self._executions(machine, ExecutionStatus.RUNNING)) as executions:
            async for execution in executions:
                running.add(execution.id)
                self.follower.listed(execution, since=mark)
        for id, each in followed.items():
            if id not in running:
                self.follower.look(each)

    async def _move_mark(self, machine: str, began_at: datetime) -> None:
        """Up to what the outbox doesn't know yet."""
        tracked = self.follower.tracked
        unknown = [each.started_at for each in tracked.of(machine) if not each.recorded]
        if tracked.missed or None in unknown:
            return
        await self.marks.move(machine, min([began_at - LAG, *filter(None, unknown)]))

    async def _executions(
        self, machine: StateMachine, status: ExecutionStatus | None = None
    ) -> AsyncGenerator[Execution]:
        """Newest first."""
        token = None
        while True:
            key = PageKey(machine.qualified_arn, status, token)
            page = await self.pages.page(key, Urgency.IDLE, self.clock.monotonic())
            for each in page.executions:
                yield each
            if (token := page.next_token) is None:
                return


def _redriven_since(execution: Execution, at: datetime) -> bool:
    ended_at = execution.stopped_at
    return execution.redrive_count > 0 and (ended_at is None or ended_at >= at)
