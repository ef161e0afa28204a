"""Fans an execution's changes out to its subscribers: reads the history, posts, notes, goes.

Whatever changed, it is delivered here and nowhere else, by one owner of the lease at a time.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from secrets import token_hex
from typing import Any

import structlog

from handrail.clock import Clock
from handrail.core.apigateway import GatewayPorts, Nudge
from handrail.core.errors import DeadlineExceeded, ExecutionNotFound, ServiceError, Unavailable
from handrail.core.models import ExecutionId
from handrail.core.pushes import PushedEvent
from handrail.usecases.live import Feed, Hub

from .delivery import Round
from .lease import Lease
from .limits import GatewayLimits
from .timing import within
from .warm_feeds import folded, shows

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FanOut:
    """`posting` bounds the posts of all deliveries. `random` answers [0, 1)."""

    hub: Hub
    ports: GatewayPorts
    clock: Clock
    limits: GatewayLimits
    random: Callable[[], float]
    posting: asyncio.Semaphore

    async def deliver(
        self, nudge: Nudge, *, deadline: float, pushes: Sequence[PushedEvent] = ()
    ) -> None:
        """Delivers to who watches this execution, if anybody, until nothing is left; `pushes` are
        events of it that needn't be read then. Out of time, it defers the rest to a nudge of its
        own; after trouble, to one a little later.

        Raises ServiceError where the history can't be read now; it is due again soon then."""
        owner, lease_s, execution = token_hex(8), self.limits.lease_s, nudge.execution
        lease = Lease(self.ports.watches, self.clock, execution, owner=owner, lease_s=lease_s)
        if not await lease.take():
            return
        async with lease.kept():
            try:
                await self._deliver(nudge, pushes, lease, deadline=deadline)
            except Exception:
                await self._release(lease)
                raise

    async def defer(self, nudge: Nudge) -> None:
        """Leaves it to an invocation of its own."""
        await self.ports.nudges.send(nudge)

    async def _deliver(
        self, nudge: Nudge, pushes: Sequence[PushedEvent], lease: Lease, *, deadline: float
    ) -> None:
        stop_at, tries_again = deadline - self.limits.closing_s, self.limits.tries_again

        def stopped() -> bool:
            return lease.lost or self.clock.monotonic() >= stop_at

        common = self.ports, self.clock, self.limits, self.posting, self.random, stopped
        while True:
            delivery = Round(*common, last=nudge.again >= tries_again)
            reading = self._read(nudge, pushes)
            due_at = await self._deliver_round(nudge, reading, lease, delivery, stop_at=stop_at)
            if lease.lost:
                return
            told_by_others, pushes = delivery.behind and bool(pushes), ()
            if told_by_others and not delivery.cut_short:
                continue  # they read further than was pushed
            if delivery.cut_short:
                await self.defer(Nudge(nudge.execution))
                await self._release(lease)
                return
            if await lease.release(due_at):
                if delivery.behind and nudge.again < tries_again:
                    await self._try_again(nudge)
                return
            if not delivery.behind:
                nudge = Nudge(nudge.execution, again=nudge.again)

    async def _deliver_round(
        self,
        nudge: Nudge,
        reading: Coroutine[Any, Any, Feed],
        lease: Lease,
        delivery: Round,
        *,
        stop_at: float,
    ) -> datetime | None:
        """Reads and delivers. Answers when to read again, None where nobody watches any more."""
        read: Feed | ServiceError
        try:
            read = await within(self.clock, reading, stop_at - self.clock.monotonic())
        except ServiceError as error:
            if error.retryable or error.status >= 500:
                raise
            read = error
        work = delivery.deliver(nudge.execution, read)
        left_s = stop_at + self.limits.closing_s / 2 - self.clock.monotonic()
        try:  # a delivery stops by itself; one that hangs in a post is cut, and delivered again
            await within(self.clock, work, left_s, unless=lease.over)
        except DeadlineExceeded:
            delivery.cut_short = True
        if isinstance(read, Feed) and not shows(nudge, read):
            delivery.behind = True
        if delivery.behind or delivery.cut_short:
            return self._soon()
        return self._due_at(read) if isinstance(read, Feed) and delivery.watching else None

    async def _read(self, nudge: Nudge, pushes: Sequence[PushedEvent]) -> Feed:
        """Reads the history until it shows what the nudge knows, or for some time; not at all where
        that was pushed."""
        if (feed := await folded(self.hub, nudge, pushes)) is not None:
            return feed
        try:
            id = ExecutionId.parse(nudge.execution)
            await self.hub.nudge(id)  # what was read before is old news
            async with self.hub.watching(nudge.execution) as watcher:
                timeout_s = self.limits.shown_within_s
                shown = partial(shows, nudge)
                feed = await self.hub.wait_until(watcher, shown, timeout_s=timeout_s)
                await watcher.foreseen()
                return feed
        except ExecutionNotFound as error:
            if nudge.event_id is None and not nudge.ended:
                raise
            raise Unavailable("AWS doesn't show this execution yet.") from error

    async def _try_again(self, nudge: Nudge) -> None:
        """What was left undone is due at the next tick, but that may be a minute away. However long
        the trouble lasts, a nudge is followed by so many others, and no more."""
        delay_s = ceil(self.limits.soon_s * 3**nudge.again)
        try:
            await self.ports.nudges.send(replace(nudge, again=nudge.again + 1), delay_s=delay_s)
        except ServiceError as error:
            execution = nudge.execution
            log.warning("delivery left to the next tick", execution=execution, code=error.code)

    async def _release(self, lease: Lease) -> None:
        """Ignores requests for a reread: it is read again soon anyway."""
        while not (lease.lost or await lease.release(self._soon())):
            continue

    def _due_at(self, feed: Feed) -> datetime:
        now, limits = self.clock.now(), self.limits
        if feed.ended:
            return now + timedelta(seconds=limits.ended_s)
        events = feed.log.after(feed.position - 1)
        idle_s = (now - events[-1].at).total_seconds() if events else 0.0
        age_s, jitter = max(0.0, now.timestamp() - feed.epoch / 1000), self.random()
        wait_s = limits.pace.delay_s(
            age_s=age_s, idle_s=max(0.0, idle_s), ended=False, jitter=jitter
        )
        return now + timedelta(seconds=wait_s)

    def _soon(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.limits.soon_s)
