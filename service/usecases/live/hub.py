"""Keeps one watcher for each execution that is looked at, so that each is read once."""

import asyncio
import contextvars
import random as stdlib_random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog

from handrail.clock import Clock
from handrail.core.errors import (
    Draining,
    ExecutionNotFound,
    NotShownYet,
    Overloaded,
    ServiceError,
    TooManyWatches,
    Unavailable,
)
from handrail.core.models import Account, Cursor, Execution, ExecutionId, reference
from handrail.core.ports import NudgeChannel
from handrail.core.protocol.client_messages import Level
from handrail.core.read_queue import Urgency
from handrail.core.shares import RateShares, Shares
from handrail.usecases.in_memory import InMemoryNudges
from handrail.usecases.lag import LOOKS_S, REQUEST_S, OwnWrite, OwnWrites, looked_for, not_shown

from .event_log import LogMemory
from .feed import Feed
from .listed_ends import ListedEnds
from .position import cursor_or_none
from .read_schedule import HubContext, LiveLimits
from .source import ExecutionSource
from .subscription import Subscription
from .watcher import Watcher

log = structlog.get_logger(__name__)

STALE_RATHER_S = 1.5  # a watched execution is shown as it is known rather than after a longer wait
DUE_BURST_S = 10.0  # seconds' worth of reads that a principal that was quiet may have due at once


class Hub:
    """`own` is what this process did to executions, for all that show them."""

    def __init__(
        self,
        source: ExecutionSource,
        limits: LiveLimits,
        clock: Clock,
        *,
        nudges: NudgeChannel | None = None,
        random: Callable[[], float] = stdlib_random.random,
        lag_seen: Callable[[float], None] = lambda _: None,
        seen: Callable[[Execution], None] = lambda _: None,
    ) -> None:
        self._source, self._limits, self._clock = source, limits, clock
        reads, memory = source.budget.histories, LogMemory(limits.memory_bytes)
        self.own = own = OwnWrites(clock)
        self._context = HubContext(limits, clock, reads, memory, random, lag_seen, seen, own)
        self._watchers: dict[ExecutionId, Watcher] = {}
        self._tasks: dict[asyncio.Task[None], Watcher] = {}
        self._waits: set[asyncio.Event] = set()
        self._draining = False
        self._shares = Shares(limits.principal_watches)
        rate = limits.principal_reads_per_s
        self._due = RateShares(rate, DUE_BURST_S * rate)
        self._ends = ListedEnds(
            source.executions, source.budget.lists, clock, lambda: tuple(self._watchers.values())
        )
        self._nudges = nudges or InMemoryNudges()
        self._nudges.listen(self._nudged)

    @property
    def looked_for_s(self) -> float:
        """For how long what nobody vouches for is looked for again."""
        return self._limits.looked_for_s

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    @property
    def read_watchers(self) -> Sequence[Watcher]:
        return [watcher for watcher in self._watchers.values() if watcher.was_read]

    @property
    def promised_s(self) -> float:
        """Within how many seconds any change is promised to be seen; 0 where nothing is."""
        feeds = (watcher.feed for watcher in self._watchers.values() if watcher.in_use)
        return max((feed.stale_after_s or 0.0 for feed in feeds if feed is not None), default=0.0)

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        return frozenset(self._tasks) | ({self._ends.task} if self._ends.task else set())

    def subscribe(
        self,
        execution: str,
        *,
        id: str,
        after: str | None,
        level: Level,
        wake: Callable[[], None],
        principal: str | None = None,
        payer: str | None = None,
        alone: bool = True,
    ) -> Subscription:
        """Look at an execution from a cursor on, `alone` on its transport or beside others;
        messages come through `wake` and `next_message`. It counts in the share of `principal`; its
        first read is put in order with those of `payer`. Raises ExecutionNotFound for what can't be
        an id, Unavailable when full, TooManyWatches."""
        execution_id, account = reference(execution)
        if principal is not None and self._shares.held(principal) >= self._shares.limit:
            raise TooManyWatches("You watch as many executions as one may.", retry_after_s=5.0)
        watcher, left = self._watcher(execution_id), None
        if principal is not None:
            self._shares.take(principal)
            left = partial(self._shares.give_back, principal)
        cursor = cursor_or_none(after)
        subscription = Subscription(
            watcher,
            id=id,
            after=cursor,
            level=level,
            account=account,
            wake=wake,
            left=left,
            alone=alone,
        )
        watcher.join(subscription, first_by=self.due_at(principal or payer))
        self._ends.list_if_many()
        return subscription

    @asynccontextmanager
    async def watching(
        self,
        execution: str,
        *,
        fresh: bool = True,
        lagging: bool = False,
        after: Cursor | None = None,
        principal: str | None = None,
        patience_s: float = REQUEST_S,
        urgency: Urgency = Urgency.REQUEST,
    ) -> AsyncIterator[Watcher]:
        """The execution's watcher, kept running meanwhile; read at least once and, to be `fresh`,
        no longer than a second ago; never older than the cursor `after` nor, unless it may be
        `lagging`, than what this process did to it. Where the budget has no turn for another read
        in time, an execution that is watched is answered as it is known. Raises ExecutionNotFound,
        UnsupportedByType, Unavailable, Overloaded where too many reads wait already, and
        NotShownYet where what is vouched for doesn't show within `patience_s`."""
        execution_id, account = reference(execution)
        watcher = self._watcher(execution_id)
        with watcher.kept_running(after):
            if not watcher.shows(after, fresh=fresh, lagging=lagging):
                due_at = self.due_at(principal)
                wait_s = self._context.reads.queue.request_wait_s(self._clock.monotonic(), due_at)
                if not watcher.was_read or wait_s <= STALE_RATHER_S:
                    if wait_s > self._limits.patience_s:
                        message = "Too many reads are waiting for their turn."
                        raise Overloaded(message, retry_after_s=wait_s)
                    with suppress(NotShownYet):
                        await watcher.fresh(by=due_at, urgency=urgency)
            await self._caught_up(watcher, after, principal, patience_s, lagging=lagging)
            if account not in {None, watcher.account}:
                raise ExecutionNotFound("No such execution in this account and region.")
            yield watcher

    async def wait_until(
        self, watcher: Watcher, done: Callable[[Feed], bool], *, timeout_s: float
    ) -> Feed:
        """The feed once it is `done`, or as it is after the timeout. Only within `watching`."""
        changed = asyncio.Event()
        subscription = Subscription(
            watcher, id="", after=None, level=Level.STATUS, account=None, wake=changed.set
        )
        watcher.join(subscription)
        self._waits.add(changed)
        ends_at = self._clock.monotonic() + timeout_s
        try:
            while not (done(watcher.require_feed()) or self._draining or subscription.failure):
                changed.clear()
                left_s = ends_at - self._clock.monotonic()
                if left_s <= 0 or not await self._clock.wait(changed, left_s):
                    break
        finally:
            self._waits.discard(changed)
            subscription.close()
        return watcher.require_feed()

    async def wait_idle(self) -> None:
        """Until no read is under way. The loop may stop then: watchers nobody uses read nothing."""
        for watcher in tuple(self._watchers.values()):
            async with watcher.reading:
                continue

    def cancel_reads(self) -> frozenset[asyncio.Task[None]]:
        """Cancel the reads under way, each with its watcher. Returns the tasks that end by it."""
        reading = {task for task, watcher in self._tasks.items() if watcher.reading.locked()}
        for task in reading:
            task.cancel()
        return frozenset(reading)

    def drain(self) -> None:
        """The process is going away: nothing waits any longer."""
        self._draining = True
        for changed in self._waits:
            changed.set()

    async def account(self) -> Account:
        """Where every execution is. Raises ExecutionNotFound where no state machine tells."""
        return await self._source.catalogue.account()

    async def nudge(self, id: ExecutionId) -> None:
        """Something changed there: whoever watches it, here or elsewhere, reads now."""
        await self._nudges.send(id)

    def _nudged(self, id: ExecutionId) -> None:
        if (watcher := self._watchers.get(id)) is not None:
            watcher.nudge()

    async def close(self) -> None:
        """Stop every watcher. Nothing is told: the sockets are closed first."""
        self.drain()
        for task in (tasks := self.tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wrote(self, write: OwnWrite) -> None:
        """This process changed the execution: until it is read so far, what AWS shows is older."""
        self.own.add(write)
        self._context.seen(write.execution)
        await self.nudge(write.execution.id)

    def due_at(self, payer: str | None) -> float:
        """When a read of this one's is due: later for whoever asked for much lately."""
        now = self._clock.monotonic()
        return now if payer is None else self._due.due_at(payer, now)

    async def _caught_up(
        self,
        watcher: Watcher,
        after: Cursor | None,
        principal: str | None,
        patience_s: float,
        *,
        lagging: bool,
    ) -> None:
        """Reads on. Raises NotShownYet where AWS's reads don't show in time what is known of."""
        if watcher.shows(after, lagging=lagging):
            return

        async def look() -> bool:
            with suppress(NotShownYet):
                await watcher.fresh(by=self.due_at(principal))
            return watcher.shows(after, lagging=lagging)

        await self._clock.sleep(LOOKS_S[0])
        if not await looked_for(self._clock, look, patience_s - LOOKS_S[0]):
            raise not_shown()

    def _watcher(self, id: ExecutionId) -> Watcher:
        if (watcher := self._watchers.pop(id, None)) is not None:
            self._watchers[id] = watcher  # the last to make room
            return watcher
        if self._draining:
            raise Draining("This replica is shutting down.")
        if len(self._watchers) >= self._limits.max_watchers:
            idle = (watcher for watcher in self._watchers.values() if not watcher.in_use)
            if (lingering := next(idle, None)) is None:
                raise Unavailable("This replica watches as many executions as it may.")
            self._forget(lingering)  # of those that only linger, asked for the longest ago
            lingering.dismiss()
        watcher = self._watchers[id] = Watcher(id, self._source, self._context)
        context = contextvars.Context()  # not the first request's: its id is logged
        task = asyncio.get_running_loop().create_task(self._run(watcher), context=context)
        self._tasks[task] = watcher
        task.add_done_callback(self._tasks.pop)
        return watcher

    async def _run(self, watcher: Watcher) -> None:
        error: ServiceError | None = None
        try:
            await watcher.run()
        except ServiceError as raised:
            error = raised
        except Exception:
            log.exception("watcher failed", execution=str(watcher.id))
            error = Unavailable("The watcher of this execution failed; subscribe again.")
        finally:
            self._forget(watcher)
            watcher.end(error)

    def _forget(self, watcher: Watcher) -> None:
        if self._watchers.get(watcher.id) is watcher:
            del self._watchers[watcher.id]
