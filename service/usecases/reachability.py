"""Tells whether AWS answers, without every readiness probe costing a call."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Unavailable, UpstreamRefused
from handrail.core.ports import StateMachines

BELIEVED_S = 5.0
PATIENCE_S = 3.0


@dataclass(slots=True, repr=False)
class Reachability:
    """Shares one call among concurrent probes. `quiet_s` is how long AWS has answered nothing."""

    machines: StateMachines
    clock: Clock
    patience_s: float = PATIENCE_S
    quiet_s: Callable[[], float] = lambda: math.inf
    _asked_at: float = field(init=False, default=-math.inf)
    _reachable: bool = field(init=False, default=False)
    _asking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def check(self) -> bool:
        """True if AWS answered anything in the last few seconds, or else a listing now: one
        operation that fails doesn't put it out of reach."""
        if self.quiet_s() < BELIEVED_S:
            return True
        async with self._asking:
            now = self.clock.monotonic()
            if now - self._asked_at >= BELIEVED_S:
                try:
                    async with asyncio.timeout(self.patience_s):
                        await self.machines.probe()
                except (Unavailable, UpstreamRefused, TimeoutError):
                    self._reachable = False
                except ServiceError:  # it answers: another endpoint may lack the listing
                    self._reachable = True
                else:
                    self._reachable = True
                self._asked_at = self.clock.monotonic()
            return self._reachable
