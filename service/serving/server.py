"""Running the app under Hypercorn, and ending in order.

On SIGTERM or SIGINT: readiness fails, sockets close with 1012 spread over a window, then Hypercorn
stops accepting, requests finish, and the process ends.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from hypercorn.logging import Logger
from quart import Quart

from . import frames

log = structlog.get_logger("hypercorn")

BACKLOG = 4096
STALLED_MS = 30_000
KEEP_ALIVE_REQUESTS = 1_000_000


class PortError(Exception):
    """The address can't be listened on. The text says which and why."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Seconds and bytes. `keep_alive_s` must exceed the load balancer's idle timeout, or it sends
    requests into connections that are just being closed."""

    keep_alive_s: float
    graceful_timeout_s: float
    max_message_bytes: int


class ServerLog(Logger):
    """Hypercorn's log lines over structlog; the app counts accesses itself."""

    def __init__(self, config: Config) -> None:
        del config

    async def access(self, *_: Any) -> None:
        return

    async def debug(self, message: str, *args: Any, **_: Any) -> None:
        log.debug(message, *args)

    async def info(self, message: str, *args: Any, **_: Any) -> None:
        log.debug(message, *args)

    async def warning(self, message: str, *args: Any, **_: Any) -> None:
        log.warning(message, *args)

    async def error(self, message: str, *args: Any, **_: Any) -> None:
        log.error(message, *args)

    async def critical(self, message: str, *args: Any, **_: Any) -> None:
        log.critical(message, *args)

    async def exception(self, message: str, *args: Any, **_: Any) -> None:
        log.exception(message, *args)

    async def log(self, level: int, message: str, *args: Any, **_: Any) -> None:
        log.log(level, message, *args)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortError."""
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
        reason = error.strerror or str(error)
        raise PortError(f"can't listen on {host}:{port}: {reason}") from None
    listener.setblocking(False)
    return listener


async def serve(
    app: Quart,
    listener: socket.socket,
    limits: ServerLimits,
    *,
    drain: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
) -> None:
    """Serve until `stop` is set, then drain and end."""

    async def stopped() -> None:
        await stop.wait()
        log.info("draining")
        await drain()

    frames.install()
    await hypercorn_serve(app, config(listener, limits), shutdown_trigger=stopped, mode="asgi")


def config(listener: socket.socket, limits: ServerLimits) -> Config:
    """Every default that matters, set on purpose. Protocol pings stay off: ours are heard by the
    app, which can tell a dead client from a quiet one."""
    made = Config()
    made.bind = [f"fd://{listener.detach()}"]  # Hypercorn closes it
    made.backlog = BACKLOG
    made.logger_class = ServerLog
    made.include_server_header = False
    made.keep_alive_timeout = limits.keep_alive_s
    made.keep_alive_max_requests = KEEP_ALIVE_REQUESTS
    made.graceful_timeout = limits.graceful_timeout_s
    made.shutdown_timeout = limits.graceful_timeout_s + 5
    made.websocket_max_message_size = limits.max_message_bytes
    made.websocket_ping_interval = None
    return made


@contextlib.contextmanager
def stopping(stop: asyncio.Event) -> Any:
    """SIGTERM and SIGINT set the event; a second one takes the default way, at once."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def once() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, once)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
