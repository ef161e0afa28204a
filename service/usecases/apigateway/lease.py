"""Leases the right to deliver to one execution's subscribers: to one owner at a time, or posts
would cross."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from handrail.clock import Clock
from handrail.core.apigateway import Watches
from handrail.core.errors import ServiceError

from .timing import within

log = structlog.get_logger(__name__)

SPARE = 0.2
"""How much of a lease its owner leaves unused: what it posted last arrives before another's first,
though their clocks differ somewhat."""


@dataclass(slots=True)
class Lease:
    """One owner's lease of an execution's watch. `over` is set where it couldn't be extended in
    time, or was taken: nothing may be posted then."""

    watches: Watches
    clock: Clock
    execution: str
    owner: str
    lease_s: float
    over: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    until: datetime = field(init=False)

    @property
    def lost(self) -> bool:
        """True where it is over, also where nobody had the time to notice."""
        if self._left_s() <= 0:
            self.over.set()
        return self.over.is_set()

    async def take(self) -> bool:
        """True where somebody watches, and the lease is ours. See Watches.take."""
        now = self.clock.now()
        self.until = now + timedelta(seconds=self.lease_s)
        return await self.watches.take(self.execution, owner=self.owner, until=self.until, now=now)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Extends the lease while the caller works, after each third of its time."""
        task = asyncio.create_task(self._extend_until_lost())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def release(self, due_at: datetime | None) -> bool:
        """False where a reread was requested. See Watches.release."""
        return await self.watches.release(self.execution, owner=self.owner, due_at=due_at)

    async def _extend_until_lost(self) -> None:
        while not self.lost:
            await self.clock.sleep(self.lease_s / 3)
            until = self.clock.now() + timedelta(seconds=self.lease_s)
            extending = self.watches.extend(self.execution, owner=self.owner, until=until)
            try:
                if await within(self.clock, extending, self._left_s()):
                    self.until = until
                else:
                    self.over.set()
            except ServiceError as error:
                log.warning("lease not extended", execution=self.execution, code=error.code)
            except Exception:
                log.exception("lease not extended", execution=self.execution)
                self.over.set()

    def _left_s(self) -> float:
        left_s = (self.until - self.clock.now()).total_seconds()
        return left_s - SPARE * self.lease_s
