"""Tells use-cases the time, so that tests can set it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic(self) -> float:
        """Seconds, from an arbitrary start."""

    async def sleep(self, delay_s: float) -> None: ...

    async def wait(self, event: asyncio.Event, timeout_s: float) -> bool:
        """Wait for the event at most so long; whether it came."""


class SystemClock:
    """The real one."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)

    async def wait(self, event: asyncio.Event, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def within(clock: Clock, timeout_s: float) -> AsyncIterator[None]:
    """Like asyncio.timeout, by this clock. Raises TimeoutError."""
    async with asyncio.timeout(None) as scope:
        timer = asyncio.ensure_future(clock.sleep(timeout_s))
        timer.add_done_callback(lambda timer: None if timer.cancelled() else scope.reschedule(0))
        try:
            yield
        finally:
            timer.cancel()
