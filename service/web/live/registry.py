"""Every open socket and event stream of this process: how many, who fell silent, who must go."""

import asyncio
import contextlib
import contextvars
import random
from collections.abc import Callable
from typing import Protocol

from service.core.access.principals import Principal
from service.core.errors import Draining, TooManySockets, Unavailable
from service.core.shares import Shares
from service.telemetry import Metrics

SWEEPS_PER_HEARTBEAT = 5
FULL_S = 5.0
"""When to ask again where a principal's share is taken: others of its sockets must go first."""

GONE_S = 1.0
"""How long sockets may take to be gone once all were told."""


class Held(Protocol):
    """Something long-lived that the process holds for a client."""

    def sweep(self, now: float) -> None:
        """Look after the heartbeat. `now` is the loop's time."""
        ...

    def restart(self) -> None:
        """The process is going away: close so that the client comes back to another (1012)."""
        ...


class SocketRegistry:
    """Owns the heartbeat of all sockets: one timer, not one a socket."""

    def __init__(
        self, *, max_sockets: int, principal_sockets: int, heartbeat_s: float, metrics: Metrics
    ) -> None:
        self.leaving = False
        """The process is to end: readiness fails, and everything else goes on."""

        self.draining = False
        """Nothing more is taken in."""

        self._max_sockets = max_sockets
        self._heartbeat_s = heartbeat_s
        self._metrics = metrics
        self._held: dict[Held, str | None] = {}
        self._shares = Shares(principal_sockets)
        self._empty = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._held)

    def add(self, held: Held, who: Principal | None = None) -> None:
        """Count it, or, where that was done, in the share of this principal too. Raises Draining,
        Unavailable where the process holds as many as it may, TooManySockets where it holds as many
        of this principal's."""
        if self.draining:
            raise Draining("This replica is restarting.")
        if held not in self._held and len(self._held) >= self._max_sockets:
            raise Unavailable("This replica holds as many sockets as it may.")
        if who is not None and not self._shares.take(who.name):
            raise TooManySockets(
                f"A caller may hold {self._shares.limit:,} sockets and streams here.",
                retry_after_s=FULL_S,
            )
        self._held[held] = who.name if who is not None else None
        self._empty.clear()
        self._metrics.sockets.set(len(self._held))
        if self._sweeper is None or self._sweeper.done():
            own = contextvars.Context()  # not the first socket's, which would be kept for ever
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), context=own)

    def remove(self, held: Held) -> None:
        if (name := self._held.pop(held, None)) is not None:
            self._shares.give_back(name)
        if not self._held:
            self._empty.set()
        self._metrics.sockets.set(len(self._held))

    async def drain(self, window_s: float, *, random: Callable[[], float] = random.random) -> None:
        """Close everything with 1012, spread over the window so that clients don't come back
        together; then wait a moment for them to be gone."""
        self.leaving = self.draining = True
        loop = asyncio.get_running_loop()
        for held in tuple(self._held):
            loop.call_later(window_s * random(), self._restart, held)
        if not self._held:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(window_s + GONE_S):
                await self._empty.wait()

    def _restart(self, held: Held) -> None:
        if held in self._held:
            held.restart()

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s / SWEEPS_PER_HEARTBEAT)
            now = asyncio.get_running_loop().time()
            for held in tuple(self._held):
                held.sweep(now)
