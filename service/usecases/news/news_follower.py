"""Follows the executions of state machines that somebody wants news of, while this process leads.

What is pushed is followed as it comes, in the hub, by the least urgent of all reads. What isn't
followed, since nothing is pushed or there are too many, is read when a list shows that it ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from handrail.core.errors import NotFound, ServiceError, UnsupportedByType
from handrail.core.models import Execution, ExecutionId
from handrail.core.news.news_outbox import Followed
from handrail.core.pacing import backoff
from handrail.core.pushes import Push
from handrail.usecases.in_memory import keep_newest
from handrail.usecases.live import Hub

from .execution_news import NewsMaking
from .execution_turns import ExecutionTurns
from .sightings import Sighting
from .tracked_executions import TrackedExecution, TrackedExecutions
from .watermarks import Watermarks
from .work_queue import WorkQueue

log = structlog.get_logger(__name__)

MOST_SIGHTED = 10_000  # by a process that doesn't lead, in case it does soon
SIGHTED_S = 600.0
FOLDING, READING = 16, 8  # executions at once: of what was pushed, and of what is read
UNASKED_S = 86_400.0  # for so long executions that nobody here asks for are left to others
MOST_FAILURES = 12  # of a kind that nobody foresaw, some minutes: then a list may show it again
LOOK_S = 1.0  # between two looks for what is to be tried again
AGAIN_S, LONGEST_AGAIN_S = 2.0, 60.0
Answer = TypeVar("Answer")


class NewsFollower:
    """`pushed` may be called at any time, the rest while `run` goes on. With `push`, `most`
    executions are followed at once."""

    def __init__(
        self, making: NewsMaking, hub: Hub, marks: Watermarks, *, push: bool, most: int
    ) -> None:
        self.tracked = TrackedExecutions()
        self._making, self._marks, self._push = making, marks, push
        self._folding: WorkQueue[TrackedExecution] = WorkQueue(self._fold, FOLDING)
        self._reading: WorkQueue[TrackedExecution] = WorkQueue(self._read, READING)
        self._turns = ExecutionTurns(
            making,
            hub,
            marks,
            self.tracked,
            push=push,
            most=most,
            folding=self._folding.add,
            reading=self._reading.add,
        )
        self._leads = False
        self._sighted: dict[ExecutionId, tuple[float, Sighting]] = {}
        self._again: dict[TrackedExecution, float] = {}

    async def run(self, resumed: Callable[[], None]) -> None:
        """Until cancelled. `resumed` is called once all is known that was followed before."""
        self._leads = True
        try:
            unasked = await self._resume()
            resumed()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._folding.run())
                group.create_task(self._reading.run())
                group.create_task(self._look_again())
                group.create_task(self._forget(unasked))
        finally:
            self._leads = False
            for each in self.tracked:
                self._turns.unfollow(each)
            for kept in (self.tracked, self._again, self._folding, self._reading):
                kept.clear()
            self._marks.forget()

    def pushed(self, push: Push) -> None:
        """Of any execution. Returns at once."""
        id = push.execution
        if not self._making.subscribers.asks(id):
            return
        sighting = Sighting.pushed(push)
        if self._leads:
            self._sight(sighting)
            return
        _, before = self._sighted.pop(id, (0.0, sighting))
        self._sighted[id] = self._making.clock.monotonic(), before.merged(sighting)
        keep_newest(self._sighted, MOST_SIGHTED)

    def listed(self, execution: Execution, since: datetime) -> None:
        """A list shows it. Where it began before its state machine was first seen, what happened
        before `since` is no news. Returns at once."""
        self._sight(Sighting.listed(execution, since))
        each = self.tracked.find(execution.id)
        if each is not None and execution.status.terminal:
            each.expects_end = True
            self.look(each)

    def look(self, each: TrackedExecution) -> None:
        """It may have gone on otherwise than as was pushed. Returns at once."""
        if each.following is not None:
            each.following.nudge()
        else:
            each.due = True
        self._folding.add(each)

    def catch_up(self) -> None:
        """Look at what there was no room to follow."""
        for each in self.tracked:
            if self._push and each.following is None:
                self.look(each)

    def _sight(self, sighting: Sighting) -> None:
        before = self.tracked.find(sighting.id)
        if (each := self.tracked.sight(sighting)) is not None:
            if before is not None:  # the name was used again
                self._turns.unfollow(before)
            self._folding.add(each)

    async def _resume(self) -> Sequence[Followed]:
        """All that was followed, and what was pushed of late, before this process led. Answers what
        nobody here asks for."""
        subscribers, unasked = self._making.subscribers, list[Followed]()
        for followed in await self._patiently(self._making.outbox.followed):
            if not subscribers.asks(followed.execution):
                unasked.append(followed)
            elif self.tracked.find(followed.execution) is None:
                at, id = followed.started_at, followed.execution
                each = self.tracked.add(TrackedExecution(Sighting(id, at, None, at)))
                each.news = self._turns.resumed(followed)
                self._folding.add(each)
        oldest = self._making.clock.monotonic() - SIGHTED_S
        sighted, self._sighted = self._sighted, {}
        for seen_at, sighting in sighted.values():
            if seen_at >= oldest:
                self._sight(sighting)
        return unasked

    async def _forget(self, unasked: Iterable[Followed]) -> None:
        """After a day: while a fleet is deployed anew, who asks for them may lead next."""
        await self._making.clock.sleep(UNASKED_S)
        for followed in unasked:
            ended = replace(followed, ended=True)
            await self._patiently(partial(self._making.outbox.put, ended, ()))

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        failures = 0
        while True:
            try:
                return await ask()
            except ServiceError as error:
                failures += 1
                log.warning("outbox of news not asked", code=error.code)
                await self._making.clock.sleep(_pause_s(failures))

    async def _look_again(self) -> None:
        """At what failed."""
        while True:
            await self._making.clock.sleep(LOOK_S)
            now = self._making.clock.monotonic()
            for each in [each for each, at in self._again.items() if at <= now]:
                del self._again[each]
                each.due = each.following is None
                self._folding.add(each)

    async def _fold(self, each: TrackedExecution) -> None:
        if not each.reading and self.tracked.find(each.id) is each:
            await self._trying(each, self._turns.fold)

    async def _read(self, each: TrackedExecution) -> None:
        try:
            succeeded = await self._trying(each, self._turns.read)
        finally:
            each.reading = False
        if succeeded:
            self._folding.add(each)

    async def _trying(
        self, each: TrackedExecution, turn: Callable[[TrackedExecution], Awaitable[None]]
    ) -> bool:
        """Whether it succeeded. What fails is tried again, unless nothing can come of it."""
        try:
            await turn(each)
            return True
        except ServiceError as error:
            each.failures += 1
            if each.failures == 1:
                log.info("news not learned yet", execution=str(each.id), code=error.code)
            if isinstance(error, NotFound | UnsupportedByType) and self._turns.old(each):
                await self._turns.give_up(each)
            else:
                self._try_again(each)
        except Exception:
            each.failures += 1
            log.exception("news not made", execution=str(each.id))
            self._turns.unfollow(each)
            if each.failures < MOST_FAILURES:
                each.news = None  # what was folded by halves is folded anew
                self._try_again(each)
            else:
                self.tracked.drop(each)
        return False

    def _try_again(self, each: TrackedExecution) -> None:
        self._again[each] = self._making.clock.monotonic() + _pause_s(each.failures)


def _pause_s(failures: int) -> float:
    return backoff(failures, first_s=AGAIN_S, max_s=LONGEST_AGAIN_S)
