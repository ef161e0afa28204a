"""Tells a replayed start from a first one. AWS answers both alike where the input is the same."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field

from service.clock import Clock, within
from service.core.errors import ServiceError
from service.core.json_values import canonical
from service.core.models import StartedExecution
from service.core.ports import Executions
from service.core.remote_clock import RemoteClock

LAG_S = 10.0
"""For so long after a start AWS's reads may not show it."""

READS = 2
"""At most for one start: a second where the first took too long on its way to tell."""


def fingerprint_of(input: str) -> bytes:
    """The same for every text of the same value."""
    return hashlib.sha256(canonical(input)).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Replays:
    """By AWS's clock. Mostly what was answered before tells; else one read does, made when it will:
    within a second. Starts that wait for such a read share it."""

    executions: Executions
    remote: RemoteClock
    clock: Clock
    _reading: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def is_replay(self, started: StartedExecution, *, given: bool, patience_s: float) -> bool:
        """True if it began before this start was asked for. Never true of a first start, which one
        is whose name wasn't `given` by the caller. Starts that reach AWS within the time of a call
        or two may both be told to be first, and so is what isn't told within `patience_s`."""
        if not given:
            self.remote.began(started)
            return False
        if (told := self._told(started)) is not None:
            return told
        with suppress(TimeoutError):
            async with within(self.clock, patience_s), self._reading:
                for _ in range(READS):
                    if (told := self._told(started)) is not None:
                        return told
                    now = self.clock.monotonic()
                    await self.clock.sleep(self.remote.telling_at(started, now) - now)
                    with suppress(ServiceError):  # an answer's date counts, whatever it says
                        await self.executions.describe(started.arn)
        return bool(self._told(started))

    def _told(self, started: StartedExecution) -> bool | None:
        return self.remote.began_before(started, self.clock.monotonic())
