"""Telling one execution's subscribers what is new: read the history, post, note, go.

Whatever changed, it is told here and nowhere else, by one teller at a time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import structlog

from service.core.errors import DeadlineExceeded, ExecutionNotFound, ServiceError, Unavailable
from service.core.models import ExecutionId
from service.core.stored import Nudge
from service.usecases.clock import Clock
from service.usecases.live import Feed, Hub

from .delivery import Round
from .lease import Lease
from .limits import StoredLimits
from .line import Line
from .ports import StoredPorts
from .timing import within

log = structlog.get_logger(__name__)


class Telling:
    """`new_owner` names a teller, never the same twice."""

    def __init__(
        self,
        hub: Hub,
        ports: StoredPorts,
        line: Line,
        clock: Clock,
        *,
        limits: StoredLimits,
        random: Callable[[], float],
        new_owner: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._ports = ports
        self._line = line
        self._clock = clock
        self._limits = limits
        self._random = random
        self._new_owner = new_owner
        self._bound = asyncio.Semaphore(limits.posts_at_once)

    async def tell(self, nudge: Nudge, *, deadline: float) -> None:
        """Tell who looks at this execution, if anybody, until there is no more. Out of time, it has
        the rest told by a nudge of its own; after trouble, by one for a little later.

        Raises ServiceError where the history can't be read now; it is due again soon then."""
        lease = Lease(
            self._ports.watches,
            self._clock,
            nudge.execution,
            owner=self._new_owner(),
            lease_s=self._limits.lease_s,
        )
        if not await lease.take():
            return
        async with lease.kept():
            try:
                await self._tell(nudge, lease, deadline=deadline)
            except Exception:
                await self._release(lease)
                raise

    async def put_off(self, nudge: Nudge) -> None:
        """Have it told by an invocation of its own."""
        await self._ports.nudges.send(nudge)

    async def _tell(self, nudge: Nudge, lease: Lease, *, deadline: float) -> None:
        while True:
            turn = self._round(nudge, lease, deadline=deadline)
            due_at = await self._turn(nudge, lease, turn, deadline=deadline)
            if lease.lost:
                return
            if turn.cut_short:
                await self.put_off(Nudge(nudge.execution))
                await self._release(lease)
                return
            if await lease.release(due_at):
                await self._try_again(nudge, turn)
                return
            if not turn.behind:
                nudge = Nudge(nudge.execution, again=nudge.again)

    async def _try_again(self, nudge: Nudge, turn: Round) -> None:
        """What was left undone is due at the next tick, but that may be a minute away. However long
        the trouble lasts, a nudge is followed by so many others, and no more."""
        if not turn.behind or nudge.again >= self._limits.tries_again:
            return
        delay_s = ceil(self._limits.soon_s * 3**nudge.again)
        try:
            await self._ports.nudges.send(replace(nudge, again=nudge.again + 1), delay_s=delay_s)
        except ServiceError as error:
            log.warning("left to the next tick", execution=nudge.execution, code=error.code)

    async def _release(self, lease: Lease) -> None:
        """Whatever word was left meanwhile: it is read again soon anyway."""
        while not (lease.lost or await lease.release(self._soon())):
            continue

    def _round(self, nudge: Nudge, lease: Lease, *, deadline: float) -> Round:
        stop_at = deadline - self._limits.closing_s
        return Round(
            self._ports,
            self._line,
            self._clock,
            limits=self._limits,
            bound=self._bound,
            random=self._random,
            stopped=lambda: lease.lost or self._clock.monotonic() >= stop_at,
            last=nudge.again >= self._limits.tries_again,
        )

    async def _turn(
        self, nudge: Nudge, lease: Lease, turn: Round, *, deadline: float
    ) -> datetime | None:
        """Read and tell; when to read again, None where nobody looks any more."""
        pages = self._ports.connections.subscriptions(nudge.execution)
        try:
            feed = await within(self._clock, self._read(nudge), self._left_s(deadline))
        except ServiceError as error:
            if error.retryable or error.status >= 500:
                raise
            await self._in_time(turn, turn.fail(error, pages), lease, deadline=deadline)
            return self._soon() if turn.behind or turn.cut_short else None
        await self._in_time(turn, turn.tell(feed, pages), lease, deadline=deadline)
        turn.behind = turn.behind or not shows(feed, nudge)
        if turn.behind or turn.cut_short:
            return self._soon()
        return self._due_at(feed) if turn.looking else None

    async def _in_time(
        self, turn: Round, telling: Coroutine[Any, Any, None], lease: Lease, *, deadline: float
    ) -> None:
        """A round stops by itself; one that hangs in a post is cut, and told again."""
        left_s = self._left_s(deadline) + self._limits.closing_s / 2
        try:
            await within(self._clock, telling, left_s, unless=lease.over)
        except DeadlineExceeded:
            turn.cut_short = True

    async def _read(self, nudge: Nudge) -> Feed:
        """The history, showing what the nudge knows, or as it is after some time."""
        try:
            return await self._read_once(nudge)
        except ExecutionNotFound as error:
            if nudge.event_id is None and not nudge.ended:
                raise
            raise Unavailable("AWS doesn't show this execution yet.") from error

    async def _read_once(self, nudge: Nudge) -> Feed:
        # What was read before is old news.
        await self._hub.nudge(ExecutionId.parse(nudge.execution))
        async with self._hub.watching(nudge.execution) as watcher:
            return await self._hub.wait_until(
                watcher,
                lambda feed: shows(feed, nudge),
                timeout_s=self._limits.shown_within_s,
            )

    def _left_s(self, deadline: float) -> float:
        """Until it is time to end."""
        return deadline - self._limits.closing_s - self._clock.monotonic()

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
    """Whether the history shows what the nudge knows: the event; the end, or what followed it."""
    known = nudge.event_id or 0
    if feed.position < known:
        return False
    return not nudge.ended or feed.ended or 0 < known < feed.position
