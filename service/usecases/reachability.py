"""Tells whether AWS answers, without every readiness probe costing a call."""

import asyncio
import math
from collections.abc import Callable

from service.core.errors import ServiceError
from service.core.ports import StateMachines
from service.usecases.clock import Clock

BELIEVED_S = 5.0
PATIENCE_S = 3.0


class Reachability:
    """The last answer is believed for a few seconds; concurrent probes share one call."""

    def __init__(
        self,
        machines: StateMachines,
        clock: Clock,
        *,
        patience_s: float = PATIENCE_S,
        quiet_s: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`quiet_s` tells for how long AWS has answered nothing at all."""
        self._machines = machines
        self._clock = clock
        self._patience_s = patience_s
        self._quiet_s = quiet_s
        self._asked_at = -math.inf
        self._reachable = False
        self._asking = asyncio.Lock()

    async def check(self) -> bool:
        """Whether AWS answered anything in the last few seconds, or else a listing now.

        One operation that fails while others are answered doesn't put AWS out of reach."""
        if self._quiet_s() < BELIEVED_S:
            return True
        async with self._asking:
            now = self._clock.monotonic()
            if now - self._asked_at >= BELIEVED_S:
                try:
                    async with asyncio.timeout(self._patience_s):
                        await self._machines.probe()
                except (ServiceError, TimeoutError):
                    self._reachable = False
                else:
                    self._reachable = True
                self._asked_at = self._clock.monotonic()
            return self._reachable
