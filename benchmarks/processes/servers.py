"""The app on each server: Hypercorn as `handrail serve` runs it, the others as they come, with
compression and access logs off and as many connections as Hypercorn takes."""

import asyncio
from collections.abc import Awaitable, Callable
from socket import socket

import uvicorn
from granian.constants import HTTPModes, Interfaces
from granian.server import embed as granian

from handrail.entrypoints.serve import InOrder, server_config
from handrail.server.server import serve
from handrail.server.server_config import ServerConfig
from handrail.settings import Settings
from handrail.web.app import create_app
from handrail.web.services import Services

KEEP_ALIVE_S = 75


async def by_hypercorn(
    services: Services, settings: Settings, listener: socket, stop: asyncio.Event
) -> None:
    config = server_config(settings)
    await serve(
        create_app(services), listener, config, ending=InOrder(services, settings), stop=stop
    )


async def by_uvicorn(
    services: Services, settings: Settings, listener: socket, stop: asyncio.Event
) -> None:
    config = uvicorn.Config(
        create_app(services),
        log_config=None,
        access_log=False,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        backlog=ServerConfig.backlog,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    await stop.wait()
    await InOrder(services, settings).drain()
    server.should_exit = True
    await task


async def by_granian(
    services: Services, settings: Settings, listener: socket, stop: asyncio.Event
) -> None:
    """Its network threads are beside the app's: one, which is its default."""
    host, port = listener.getsockname()
    listener.close()
    server = granian.Server(
        create_app(services),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        backlog=ServerConfig.backlog,
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve())
    await stop.wait()
    await InOrder(services, settings).drain()
    server.stop()  # type: ignore[no-untyped-call]
    await task


SERVERS: dict[str, Callable[[Services, Settings, socket, asyncio.Event], Awaitable[None]]] = {
    "hypercorn": by_hypercorn,
    "uvicorn": by_uvicorn,
    "granian": by_granian,
}
