"""Chooses one sender of news among all replicas, by a lease that the outbox keeps."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from handrail.clock import Clock, within
from handrail.core.errors import ServiceError

log = structlog.get_logger(__name__)

LEASE_S = 15.0
RENEW_S = 5.0
STOPS_S = 3.0  # so long before its lease is over a leader stops that couldn't renew it
AGAIN_S = 1.0  # between two attempts of a leader whose lease runs out
ANSWER_S = 4.0  # the outbox is waited for
RESIGN_S = 2.0


class NewsLease(Protocol):
    """What of an outbox tells who leads; see `Outbox`."""

    async def lead(self, holder: str, for_s: float) -> bool: ...

    async def resign(self, holder: str) -> None: ...


@dataclass(slots=True, repr=False)
class Leader:
    """`work` goes on until it is cancelled, as long as this process leads; it is begun anew where
    it fails. A lease counts from before it was asked for, so a leader that can't reach the outbox
    has stopped before another begins. One that was frozen longer may send a message twice, under
    the same id, until its loop runs again."""

    lease: NewsLease
    work: Callable[[], Awaitable[None]]
    clock: Clock
    holder: str
    leads: bool = field(init=False, default=False)
    _task: asyncio.Task[None] | None = field(init=False, default=None)

    def start(self) -> None:
        """Ask from now on, until `close`."""
        context = contextvars.Context()
        self._task = asyncio.get_running_loop().create_task(self._run(), context=context)

    async def close(self) -> None:
        """Stop the work, and give the lease back. Safe to call twice."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            async with within(self.clock, RESIGN_S):
                await self.lease.resign(self.holder)
        except (ServiceError, TimeoutError):
            log.warning("lease of news not given back", lasts_s=LEASE_S)

    async def _run(self) -> None:
        failing = False
        while True:
            asked_at = self.clock.monotonic()
            leads = await self._ask(ANSWER_S)
            if leads is None and not failing:
                log.warning("outbox of news out of reach")
            failing = leads is None
            if leads:
                await self._lead(asked_at)
            await self.clock.sleep(RENEW_S)

    async def _ask(self, answer_s: float) -> bool | None:
        """None where the outbox doesn't answer."""
        try:
            async with within(self.clock, answer_s):
                return await self.lease.lead(self.holder, LEASE_S)
        except (ServiceError, TimeoutError):
            return None
        except Exception:
            log.exception("lease of news not asked for")
            return None

    async def _lead(self, asked_at: float) -> None:
        """Until the lease is lost, or the work fails."""
        log.info("news are sent here")
        ended = asyncio.Event()
        working = asyncio.ensure_future(self.work())
        working.add_done_callback(lambda _: ended.set())
        self.leads = True
        try:
            await self._renew(asked_at, ended)
        finally:
            self.leads = False
            working.cancel()
            (failure,) = await asyncio.gather(working, return_exceptions=True)
            if isinstance(failure, Exception):
                log.error("news failed", exc_info=failure)
            log.info("news are no longer sent here")

    async def _renew(self, asked_at: float, ended: asyncio.Event) -> None:
        """Until it can't any more, or the work has `ended`."""
        stops_at, pause_s = asked_at + LEASE_S - STOPS_S, RENEW_S
        while True:
            left_s = stops_at - self.clock.monotonic()
            if left_s <= 0 or await self.clock.wait(ended, min(pause_s, left_s)):
                return
            asked_at = self.clock.monotonic()
            if asked_at >= stops_at:
                return
            leads = await self._ask(min(ANSWER_S, stops_at - asked_at))
            if leads is False:
                return
            if leads:
                stops_at, pause_s = asked_at + LEASE_S - STOPS_S, RENEW_S
            else:
                pause_s = AGAIN_S
