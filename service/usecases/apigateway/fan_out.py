"""Fans an execution's changes out to its subscribers: reads the history, posts, notes, goes.

Whatever changed, it is delivered here and nowhere else, by one owner of the lease at a time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import structlog

from service.clock import Clock
from service.core.apigateway import GatewayPorts, Nudge
from service.core.errors import DeadlineExceeded, ExecutionNotFound, ServiceError, Unavailable
from service.core.models import ExecutionId
from service.usecases.live import Feed, Hub

from .connection_writer import ConnectionWriter
from .delivery import Round
from .lease import Lease
from .limits import GatewayLimits
from .timing import within

log = structlog.get_logger(__name__)


class FanOut:
    """`new_owner` names a lease's owner, never the same twice."""

    def __init__(
        self,
        hub: Hub,
        ports: GatewayPorts,
        writer: ConnectionWriter,
        clock: Clock,
        *,
        limits: GatewayLimits,
        random: Callable[[], float],
        new_owner: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._ports = ports
        self._writer = writer
        self._clock = clock
        self._limits = limits
        self._random = random
        self._new_owner = new_owner
        self._bound = asyncio.Semaphore(limits.posts_at_once)

    async def tell(self, nudge: Nudge, *, deadline: float) -> None:
        """Delivers to who watches this execution, if anybody, until nothing is left. Out of time,
        it defers the rest to a nudge of its own; after trouble, to one a little later.

        Raises ServiceError where the history can't be read now; it is due again soon then."""
        owner, lease_s = self._new_owner(), self._limits.lease_s
        watches = self._ports.watches
        lease = Lease(watches, self._clock, nudge.execution, owner=owner, lease_s=lease_s)
        if not await lease.take():
            return
        async with lease.kept():
            try:
                await self._tell(nudge, lease, deadline=deadline)
            except Exception:
                await self._release(lease)
                raise

    async def defer(self, nudge: Nudge) -> None:
        """Leaves it to an invocation of its own."""
        await self._ports.nudges.send(nudge)

    async def _tell(self, nudge: Nudge, lease: Lease, *, deadline: float) -> None:
        while True:
            delivery = self._round(nudge, lease, deadline=deadline)
            due_at = await self._deliver(nudge, lease, delivery, deadline=deadline)
            if lease.lost:
                return
            if delivery.cut_short:
                await self.defer(Nudge(nudge.execution))
                await self._release(lease)
                return
            if await lease.release(due_at):
                if delivery.behind and nudge.again < self._limits.tries_again:
                    await self._try_again(nudge)
                return
            if not delivery.behind:
                nudge = Nudge(nudge.execution, again=nudge.again)

    async def _try_again(self, nudge: Nudge) -> None:
        """What was left undone is due at the next tick, but that may be a minute away. However long
        the trouble lasts, a nudge is followed by so many others, and no more."""
        delay_s = ceil(self._limits.soon_s * 3**nudge.again)
        try:
            await self._ports.nudges.send(replace(nudge, again=nudge.again + 1), delay_s=delay_s)
        except ServiceError as error:
            log.warning(
                "delivery left to the next tick", execution=nudge.execution, code=error.code
            )

    async def _release(self, lease: Lease) -> None:
        """Ignores requests for a reread: it is read again soon anyway."""
        while not (lease.lost or await lease.release(self._soon())):
            continue

    def _round(self, nudge: Nudge, lease: Lease, *, deadline: float) -> Round:
        stop_at = deadline - self._limits.closing_s
        return Round(
            self._ports,
            self._writer,
            self._clock,
            limits=self._limits,
            bound=self._bound,
            random=self._random,
            stopped=lambda: lease.lost or self._clock.monotonic() >= stop_at,
            last=nudge.again >= self._limits.tries_again,
        )

    async def _deliver(
        self, nudge: Nudge, lease: Lease, delivery: Round, *, deadline: float
    ) -> datetime | None:
        """Reads and delivers. Answers when to read again, None where nobody watches any more."""
        pages = self._ports.connections.subscriptions(nudge.execution)
        left_s = deadline - self._limits.closing_s - self._clock.monotonic()
        try:
            feed = await within(self._clock, self._read(nudge), left_s)
        except ServiceError as error:
            if error.retryable or error.status >= 500:
                raise
            await self._in_time(delivery, delivery.fail(error, pages), lease, deadline=deadline)
            return self._soon() if delivery.behind or delivery.cut_short else None
        await self._in_time(delivery, delivery.deliver(feed, pages), lease, deadline=deadline)
        delivery.behind = delivery.behind or not shows(feed, nudge)
        if delivery.behind or delivery.cut_short:
            return self._soon()
        return self._due_at(feed) if delivery.watching else None

    async def _in_time(
        self, delivery: Round, work: Coroutine[Any, Any, None], lease: Lease, *, deadline: float
    ) -> None:
        """A delivery stops by itself; one that hangs in a post is cut, and delivered again."""
        left_s = deadline - self._limits.closing_s / 2 - self._clock.monotonic()
        try:
            await within(self._clock, work, left_s, unless=lease.over)
        except DeadlineExceeded:
            delivery.cut_short = True

    async def _read(self, nudge: Nudge) -> Feed:
        """Reads the history until it shows what the nudge knows, or for some time."""
        try:
            await self._hub.nudge(
                ExecutionId.parse(nudge.execution)
            )  # what was read before is old news
            async with self._hub.watching(nudge.execution) as watcher:
                return await self._hub.wait_until(
                    watcher,
                    lambda feed: shows(feed, nudge),
                    timeout_s=self._limits.shown_within_s,
                )
        except ExecutionNotFound as error:
            if nudge.event_id is None and not nudge.ended:
                raise
            raise Unavailable("AWS doesn't show this execution yet.") from error

    def _due_at(self, feed: Feed) -> datetime:
        now, limits = self._clock.now(), self._limits
        if feed.ended:
            return now + timedelta(seconds=limits.ended_s)
        events = feed.log.after(feed.position - 1)
        idle_s = (now - events[-1].at).total_seconds() if events else 0.0
        wait_s = limits.pace.delay_s(
            age_s=max(0.0, now.timestamp() - feed.epoch / 1000),
            idle_s=max(0.0, idle_s),
            ended=False,
            jitter=self._random(),
        )
        return now + timedelta(seconds=wait_s)

    def _soon(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._limits.soon_s)


def shows(feed: Feed, nudge: Nudge) -> bool:
    """True where the history shows what the nudge knows: the event; the end, or what followed."""
    known = nudge.event_id or 0
    if feed.position < known:
        return False
    return not nudge.ended or feed.ended or 0 < known < feed.position
