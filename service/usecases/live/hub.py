"""Keeps one watcher for each execution that is looked at, so that each is read once."""

import asyncio
import random as stdlib_random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog

from handrail.clock import Clock
from handrail.core.errors import (
    ExecutionNotFound,
    NotShownYet,
    Overloaded,
    TooManyWatches,
)
from handrail.core.models import Account, Cursor, ExecutionId, reference
from handrail.core.ports import NudgeChannel
from handrail.core.protocol.client_messages import Level
from handrail.core.pushes import Push
from handrail.core.read_queue import Urgency
from handrail.core.shares import OwnShares, ShareMaker
from handrail.usecases.in_memory import InMemoryNudges
from handrail.usecases.lag import LOOKS_S, REQUEST_S, OwnWrite, OwnWrites, looked_for, not_shown

from .event_follower import EventFollower
from .event_log import LogMemory
from .feed import Feed
from .feed_waits import FeedWaits
from .listed_ends import ListedEnds
from .position import cursor_or_none
from .promises import Promises
from .pushed_watches import PushedWatches
from .read_schedule import HubContext, HubObservers, LiveLimits
from .shared_watches import SharedWatches
from .source import ExecutionSource
from .subscription import Subscription
from .watched_execution import WatchState
from .watcher import Watcher
from .watcher_pool import WatcherPool

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
        observers: HubObservers | None = None,
        shares: ShareMaker | None = None,
    ) -> None:
        self._source, self._limits, self._clock = source, limits, clock
        reads, memory = source.budget.histories, LogMemory(limits.memory_bytes)
        self.own = own = OwnWrites(clock)
        told = observers or HubObservers()
        shared = SharedWatches(source.bus, clock, told.lag_seen) if source.bus is not None else None
        self._shared = shared
        self._pool = WatcherPool(
            limits.max_watchers,
            lambda id: self._pushes.begun(Watcher(id, self._source, self._context, shared)),
        )
        spawn = self._pool.spawn
        self._context = HubContext(limits, clock, reads, memory, random, told, own, spawn)
        self._waits = FeedWaits(clock)
        shares, rate = shares or OwnShares(), limits.principal_reads_per_s
        self._shares = shares.held("watches", limits.principal_watches)
        self._due = shares.used("reads", rate, DUE_BURST_S * rate)
        lists, all_watchers = source.budget.lists, lambda: self.all_watchers
        self._ends = ListedEnds(source.executions, lists, clock, all_watchers, told, source.lists)
        self._promises = Promises(clock, all_watchers)
        account, express = source.catalogue.known_account, source.express
        self._pushes = PushedWatches(self._pool.watchers, self._context, account, express)
        self._nudges = nudges or InMemoryNudges()
        self._nudges.listen(self._nudged)

    @property
    def looked_for_s(self) -> float:
        """For how long what nobody vouches for is looked for again."""
        return self._limits.looked_for_s

    @property
    def watchers(self) -> int:
        return len(self._pool.watchers)

    def watchers_in(self, state: WatchState) -> int:
        return sum(watcher.state is state for watcher in self._pool.watchers.values())

    @property
    def all_watchers(self) -> Sequence[Watcher]:
        return tuple(self._pool.watchers.values())

    @property
    def read_watchers(self) -> Sequence[Watcher]:
        return [watcher for watcher in self._pool.watchers.values() if watcher.was_read]

    @property
    def promised_s(self) -> float:
        """Within how many seconds any change is promised to be seen; 0 where nothing is."""
        feeds = (watcher.feed for watcher in self._pool.watchers.values() if watcher.in_use)
        return max((feed.stale_after_s or 0.0 for feed in feeds if feed is not None), default=0.0)

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        others = filter(None, (self._ends.task, self._promises.task))
        return frozenset({*self._pool.tasks, *self._pool.folding, *others})

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
        if principal is not None and self._shares.full(principal):
            raise TooManyWatches("You watch as many executions as one may.", retry_after_s=5.0)
        watcher, left = self._pool.watcher(execution_id), None
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
        if self._limits.promises:
            self._promises.keep()
        return subscription

    def follow(self, id: ExecutionId, wake: Callable[[], None]) -> EventFollower:
        """All its events, for who is in no hurry: in nobody's share. Raises Unavailable when full,
        Draining."""
        return EventFollower(self._pool.watcher(id), wake, self._clock)

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
        waits: bool = False,
    ) -> AsyncIterator[Watcher]:
        """The execution's watcher, kept running meanwhile; read at least once and, to be `fresh`,
        no longer than a second ago (pushed will do for who `waits` for more); never older than the
        cursor `after` nor, unless it may be `lagging`, than what this process did to it. Where the
        budget has no turn for another read in time, an execution that is watched is answered as it
        is known. Raises ExecutionNotFound, UnsupportedByType, Unavailable, Overloaded where too
        many reads wait already, and NotShownYet where what is vouched for doesn't show within
        `patience_s`."""
        execution_id, account = reference(execution)
        watcher = self._pool.watcher(execution_id)
        with watcher.kept_running(after):
            known = None if waits and watcher.rhythm.pushed else after  # more comes in a moment
            if not watcher.shows(known, fresh=fresh, lagging=lagging, waits=waits):
                due_at = self.due_at(principal)
                wait_s = self._context.reads.queue.request_wait_s(self._clock.monotonic(), due_at)
                if not watcher.was_read or wait_s <= STALE_RATHER_S:
                    if wait_s > self._limits.patience_s:
                        message = "Too many reads are waiting for their turn."
                        raise Overloaded(message, retry_after_s=wait_s)
                    with suppress(NotShownYet):
                        await watcher.fresh(by=due_at, urgency=urgency, content=waits)
            await self._caught_up(watcher, after, principal, patience_s, lagging=lagging)
            if account not in {None, watcher.account}:
                raise ExecutionNotFound("No such execution in this account and region.")
            watcher.promise_anew()
            yield watcher

    async def wait_until(
        self,
        watcher: Watcher,
        done: Callable[[Feed], bool],
        *,
        timeout_s: float,
        level: Level = Level.STATUS,
    ) -> Feed:
        """The feed once it is `done`, or as it is after the timeout. Only within `watching`. What
        is read next has what that level shows."""
        return await self._waits.until(watcher, done, timeout_s=timeout_s, level=level)

    async def wait_idle(self) -> None:
        """Until no read is under way. The loop may stop then: watchers nobody uses read nothing."""
        await self._pool.wait_idle()

    def cancel_reads(self) -> frozenset[asyncio.Task[None]]:
        """Cancel the reads under way, each with its watcher. Returns the tasks that end by it."""
        return self._pool.cancel_reads()

    def drain(self) -> None:
        """The process is going away: nothing waits any longer."""
        self._pool.draining = True
        self._waits.end()

    async def account(self) -> Account:
        """Where every execution is. Raises ExecutionNotFound where no state machine tells."""
        return await self._source.catalogue.account()

    async def nudge(self, id: ExecutionId) -> None:
        """Something changed there: whoever watches it, here or elsewhere, reads now."""
        await self._nudges.send(id)

    def _nudged(self, id: ExecutionId) -> None:
        if (watcher := self._pool.watchers.get(id)) is not None:
            watcher.nudge()

    def pushed(self, push: Push) -> None:
        """As `PushedWatches.pushed`."""
        self._pushes.pushed(push)

    def push_state(self, healthy: bool, behind_s: float) -> None:
        """As `PushedWatches.push_state`."""
        self._pushes.push_state(healthy, behind_s)

    async def close(self) -> None:
        """Stop every watcher. Nothing is told: the sockets are closed first."""
        self.drain()
        for task in (tasks := self.tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._shared is not None:
            await self._shared.close()

    async def wrote(self, write: OwnWrite) -> None:
        """This process changed the execution: until it is read so far, what AWS shows is older."""
        self.own.add(write)
        self._context.observers.seen(write.execution)
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
            if watcher.shows(after, lagging=lagging):
                return True
            with suppress(NotShownYet):
                await watcher.fresh(by=self.due_at(principal))
            return watcher.shows(after, lagging=lagging)

        await self._clock.sleep(LOOKS_S[0])
        if not await looked_for(self._clock, look, patience_s - LOOKS_S[0]):
            raise not_shown()
