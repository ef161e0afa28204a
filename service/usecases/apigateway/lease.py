"""Leases the right to deliver to one execution's subscribers: to one owner at a time, or posts
would cross."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from service.clock import Clock
from service.core.apigateway import Watches
from service.core.errors import ServiceError

from .timing import within

log = structlog.get_logger(__name__)

SPARE = 0.2
"""How much of a lease its owner leaves unused: what it posted last arrives before another's first,
though their clocks differ somewhat."""


class Lease:
    """One owner's lease of an execution's watch. `over` is set where it couldn't be extended in
    time, or was taken: nothing may be posted then."""

    def __init__(
        self, watches: Watches, clock: Clock, execution: str, *, owner: str, lease_s: float
    ) -> None:
        self.execution = execution
        self.over = asyncio.Event()
        self._watches = watches
        self._clock = clock
        self._owner = owner
        self._lease_s = lease_s
        self._until = clock.now()

    @property
    def lost(self) -> bool:
        """True where it is over, also where nobody had the time to notice."""
        if self._left_s() <= 0:
            self.over.set()
        return self.over.is_set()

    async def take(self) -> bool:
        """True where somebody watches, and the lease is ours. See Watches.take."""
        now = self._clock.now()
        until = now + timedelta(seconds=self._lease_s)
        taken = await self._watches.take(self.execution, owner=self._owner, until=until, now=now)
        self._until = until
        return taken

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Extends it meanwhile, each third of its time."""
        task = asyncio.create_task(self._extending())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def release(self, due_at: datetime | None) -> bool:
        """False where a reread was requested. See Watches.release."""
        return await self._watches.release(self.execution, owner=self._owner, due_at=due_at)

    async def _extending(self) -> None:
        while not self.lost:
            await self._clock.sleep(self._lease_s / 3)
            try:
                if not await within(self._clock, self._extended(), self._left_s()):
                    self.over.set()
            except ServiceError as error:
                log.warning("lease not extended", execution=self.execution, code=error.code)
            except Exception:
                log.exception("lease not extended", execution=self.execution)
                self.over.set()

    async def _extended(self) -> bool:
        until = self._clock.now() + timedelta(seconds=self._lease_s)
        extended = await self._watches.extend(self.execution, owner=self._owner, until=until)
        self._until = until if extended else self._until
        return extended

    def _left_s(self) -> float:
        left_s = (self._until - self._clock.now()).total_seconds()
        return left_s - SPARE * self._lease_s
