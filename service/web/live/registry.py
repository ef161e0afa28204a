"""Counts this process's sockets and event streams, and closes them before it ends."""

import asyncio
import contextlib
import contextvars
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from handrail.core.access.principals import Principal
from handrail.core.errors import Draining, TooManySockets, Unavailable
from handrail.core.shares import Shares
from handrail.telemetry.metrics import Metrics

SWEEPS_PER_HEARTBEAT = 5
FULL_S = 5.0  # to ask again after, where a principal's share is taken by its other sockets
GONE_S = 1.0  # how long sockets may take to be gone once all were told


class LiveClient(Protocol):
    """A socket or an event stream. `transport` is which, as the metrics name it."""

    transport: ClassVar[str]

    def sweep(self, now: float) -> None:
        """Looks after the heartbeat. `now` is the loop's time."""

    def restart(self) -> None:
        """Closes so that the client comes back to another process (1012)."""


@dataclass(kw_only=True, eq=False)
class SocketRegistry:
    """Owns the heartbeat of all sockets: one timer, not one a socket."""

    max_sockets: int
    shares: Shares
    """How many sockets each principal may hold."""
    heartbeat_s: float
    metrics: Metrics
    leaving: bool = False
    """The process is to end: readiness fails, and everything else goes on."""
    draining: bool = False
    """Nothing more is taken in."""

    def __post_init__(self) -> None:
        self._clients: dict[LiveClient, str | None] = {}
        self._empty = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._clients)

    def add(self, client: LiveClient, who: Principal | None = None) -> None:
        """Counts the client; again, once it is known `who` it is, in the principal's share.

        Raises Draining, Unavailable where the process holds as many as it may, TooManySockets for
        the share."""
        if self.draining:
            raise Draining("This replica is restarting.")
        if client not in self._clients and len(self._clients) >= self.max_sockets:
            raise Unavailable("This replica holds as many sockets as it may.")
        share = who.share if who is not None else None
        if share is not None and not self.shares.take(share):
            limit = f"A caller may hold {self.shares.limit:,} sockets and streams here."
            raise TooManySockets(limit, retry_after_s=FULL_S)
        if client not in self._clients:
            self.metrics.socket_opened(client.transport)
        self._clients[client] = share
        self._empty.clear()
        if self._sweeper is None or self._sweeper.done():
            own = contextvars.Context()  # not the first socket's, which would be kept for ever
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), context=own)

    def remove(self, client: LiveClient) -> None:
        if client not in self._clients:
            return
        if (share := self._clients.pop(client)) is not None:
            self.shares.give_back(share)
        if not self._clients:
            self._empty.set()
        self.metrics.socket_closed(client.transport)

    async def drain(self, window_s: float, *, random: Callable[[], float] = random.random) -> None:
        """Closes everything with 1012, spread over the window so that clients don't come back
        together; then waits a moment for them to be gone."""
        self.leaving = self.draining = True
        loop = asyncio.get_running_loop()
        for client in tuple(self._clients):
            loop.call_later(window_s * random(), self._restart, client)
        if not self._clients:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(window_s + GONE_S):
                await self._empty.wait()

    def _restart(self, client: LiveClient) -> None:
        if client in self._clients:
            client.restart()

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_s / SWEEPS_PER_HEARTBEAT)
            now = asyncio.get_running_loop().time()
            for client in tuple(self._clients):
                client.sweep(now)
