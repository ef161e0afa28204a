"""Runs the app under Hypercorn, and ends in order: readiness fails, the port is closed, sockets
close with 1012 spread over a window, requests finish, and the process ends."""

import asyncio
import socket
from asyncio import Event
from typing import Protocol

from hypercorn.app_wrappers import ASGIWrapper
from quart import Quart

from handrail.core.errors import StartupError

from . import hypercorn_tcp, upgrades
from .connections import ServerConnections, lifespan
from .server_config import ServerConfig, log

STALLED_MS = 30_000


class PortError(StartupError):
    """The address can't be listened on. The text says which and why."""


class Ending(Protocol):
    """Ends the app's own work. The port is closed between the two, and requests may still take
    `graceful_timeout` after them."""

    async def leave(self) -> None:
        """Fails readiness, and waits until load balancers have had time to see that."""

    async def drain(self) -> None:
        """Ends sockets and streams, and has long-polls answer. Bounded in time."""


def listen(host: str, port: int) -> socket.socket:
    """Opens a listening socket. Raises PortError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # the kernel drops peers that take nothing for so long
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
    try:
        listener.bind((host, port))
        listener.listen(ServerConfig.backlog)
    except OSError as error:
        listener.close()
        raise PortError(f"can't listen on {host}:{port}: {error.strerror or error}") from None
    listener.setblocking(False)
    return listener


async def serve(
    app: Quart, listener: socket.socket, config: ServerConfig, *, ending: Ending, stop: Event
) -> None:
    """Serves until `stop` is set, then ends in order (see `Ending`) and closes the listener."""
    hypercorn_tcp.install()
    upgrades.install()
    wrapped = ASGIWrapper(app)
    async with lifespan(wrapped, config) as state:
        connections = ServerConnections(wrapped, config, state)
        await connections.listen(listener)
        try:
            await stop.wait()
            log.info("draining", connections=len(connections))
            await ending.leave()
            connections.stop_listening()
            await asyncio.gather(ending.drain(), connections.gone(config.linger_s))
        finally:
            await connections.end(config.graceful_timeout)
