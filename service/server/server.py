"""Runs the app under Hypercorn, and ends in order.

On SIGTERM or SIGINT: readiness fails, the port is closed, sockets close with 1012 spread over a
window, requests finish, and the process ends.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.logging import Logger
from quart import Quart

from . import hypercorn_frames, hypercorn_tcp
from .connections import ServerConnections, lifespan
from .file_descriptors import UNLIMITED
from .hypercorn_tcp import ServerConfig

log = structlog.get_logger("hypercorn")

BACKLOG = 4096
STALLED_MS = 30_000
KEEP_ALIVE_REQUESTS = 1_000_000
HEAD_BYTES = 32 * 1024
"""The longest head of a request: a token of an identity provider may take half of it."""

QUEUED_PIECES = 10
"""Pieces of a body, or messages of a socket, read ahead of the app: 64 KiB each at most."""

STARTUP_S = SHUTDOWN_S = 30.0


class PortError(Exception):
    """The address can't be listened on. The text says which and why."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Seconds and bytes. `keep_alive_s` must exceed the load balancer's idle timeout, or it sends
    requests into connections that are just being closed."""

    keep_alive_s: float
    graceful_timeout_s: float
    max_message_bytes: int
    max_frames_per_s: float
    """Of a socket, whatever their kind, a burst of 4 s aside."""
    origins: frozenset[str] = frozenset()
    """Sites whose pages may read what the server itself refuses."""
    max_connections: int = UNLIMITED
    linger_s: float = 0
    """How long open connections stay so at least once the port is closed: whoever keeps one for a
    next request hears with its answer that it was the last."""
    head_s: float = 10
    """How long a request's head may take from its first byte to its last."""


class Ending(Protocol):
    """Ends the app's own work. The port is closed between the two, and requests may still take
    `graceful_timeout_s` after them."""

    async def leave(self) -> None:
        """Fails readiness, and waits until load balancers have had time to see that."""
        ...

    async def drain(self) -> None:
        """Ends sockets and streams, and has long-polls answer. Bounded in time."""
        ...


class ServerLog(Logger):
    """Hands Hypercorn's log lines to structlog; the app counts accesses itself."""

    def __init__(self, config: Config) -> None:
        del config
        self.access_logger = None
        self.error_logger: Any = log

    async def info(self, message: str, *args: Any, **_: Any) -> None:
        log.debug(message, *args)


def listen(host: str, port: int) -> socket.socket:
    """Opens a listening socket. Raises PortError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # the kernel drops peers that take nothing for so long
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortError(f"can't listen on {host}:{port}: {error.strerror or error}") from None
    listener.setblocking(False)
    return listener


async def serve(
    app: Quart,
    listener: socket.socket,
    limits: ServerLimits,
    *,
    ending: Ending,
    stop: asyncio.Event,
) -> None:
    """Serves until `stop` is set, then ends in order (see `Ending`) and closes the listener."""
    hypercorn_frames.install()
    hypercorn_tcp.install()
    chosen, wrapped = config(limits), ASGIWrapper(app)
    async with lifespan(wrapped, chosen) as state:
        connections = ServerConnections(wrapped, chosen, state, at_most=limits.max_connections)
        await connections.listen(listener)
        try:
            await stop.wait()
            log.info("draining", connections=len(connections))
            await ending.leave()
            connections.stop_listening()
            await asyncio.gather(ending.drain(), connections.gone(limits.linger_s))
        finally:
            await connections.end(limits.graceful_timeout_s)


def config(limits: ServerLimits) -> ServerConfig:
    """Sets every default that matters on purpose; HTTP/2, TLS and WSGI are off.

    Protocol pings stay off: ours are heard by the app, which can tell a dead client from a quiet
    one. The read timeout is that of a request's head: sockets are silent for long, and a body has
    the app's limit."""
    made = ServerConfig()
    made.max_frames_per_s = limits.max_frames_per_s
    made.origins = limits.origins
    made.head_bytes = HEAD_BYTES
    made.workers = 1
    made.backlog = BACKLOG
    made.logger_class = ServerLog
    made.include_server_header = False
    made.h11_max_incomplete_size = HEAD_BYTES
    made.max_app_queue_size = QUEUED_PIECES
    made.read_timeout = limits.head_s  # type: ignore[assignment] # seconds, whole or not
    made.keep_alive_timeout = limits.keep_alive_s
    made.keep_alive_max_requests = KEEP_ALIVE_REQUESTS
    made.startup_timeout = STARTUP_S
    made.shutdown_timeout = SHUTDOWN_S
    made.websocket_max_message_size = limits.max_message_bytes
    made.websocket_ping_interval = None
    return made
