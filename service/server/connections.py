"""Accepts connections, and ends them in order: first the listener, lest a client told to come back
elsewhere land on this process again, while open connections are answered until the very end.
Hypercorn closes both, and the app, in one go."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from socket import socket

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, LifespanState

from .hypercorn_tcp import EndingServer, refusal
from .server_config import ServerConfig, log
from .socket_protocol import OpenSockets

FLUSH_S = 1.0  # for a connection to be told that its request was given up


class ServerConnections:
    """Every connection of one listener, at most so many at a time: past that they are answered 503
    and closed, because the descriptors left are needed for calls to AWS."""

    def __init__(self, app: AppWrapper, config: ServerConfig, state: LifespanState) -> None:
        self._app, self._config, self._state = app, config, state
        self._context = WorkerContext(None)
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._sockets = OpenSockets(config)
        self._server: asyncio.Server | None = None
        self._full = False

    def __len__(self) -> int:
        return len(self._open) + len(self._sockets)

    async def listen(self, listener: socket) -> None:
        backlog = self._config.backlog
        self._server = await asyncio.start_server(self._accept, sock=listener, backlog=backlog)

    def stop_listening(self) -> None:
        """New connections are refused by the kernel; answers on those there are say that they are
        the last (RFC 9112, section 9.6)."""
        if self._server is not None:
            self._server.close()
        self._config.keep_alive_max_requests = 0

    async def gone(self, within_s: float) -> None:
        """Waits until no connection is left, so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._open:
                    await asyncio.wait(tuple(self._open))
                await self._sockets.gone()

    async def end(self, within_s: float) -> None:
        """Idle connections close at once, busy ones with their answer. What is left after so many
        seconds is cancelled, and cut off where its peer doesn't take even that."""
        self.stop_listening()
        await self._context.terminated.set()
        await self.gone(within_s)
        for task in tuple(self._open):
            task.cancel()
        await self.gone(FLUSH_S)
        for connection in (*self._open.values(), *self._sockets):
            connection.transport.abort()
        await self.gone(FLUSH_S)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self) >= self._config.max_connections:
            if not self._full:
                log.warning("connection limit reached", connections=len(self))
            self._full = True
            writer.write(full())
            writer.close()
            return
        self._full = False
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a connection is served in a task of its own
        self._open[task] = writer
        task.add_done_callback(self._open.pop)
        loop, context = asyncio.get_running_loop(), self._context
        server = EndingServer(self._app, loop, self._config, context, self._state, reader, writer)
        server.sockets = self._sockets
        await server


def full() -> bytes:
    """What a connection too many hears, before it has said anything."""
    _, headers, body = refusal(503)
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 503 Service Unavailable\r\n%b\r\n%b" % (lines, body)


@contextlib.asynccontextmanager
async def lifespan(app: AppWrapper, config: Config) -> AsyncIterator[LifespanState]:
    """Starts the app up and shuts it down. Raises LifespanFailureError where it doesn't start."""
    state: LifespanState = {}
    protocol = Lifespan(app, config, asyncio.get_running_loop(), state)
    task = asyncio.create_task(protocol.handle_lifespan())
    await protocol.wait_for_startup()
    if task.done():
        task.result()
    try:
        yield state
    finally:
        await protocol.wait_for_shutdown()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
