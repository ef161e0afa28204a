"""Serves the service in a process of its own: binds, serves, and ends in order."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handrail.auth.setup import bound_to, refuse_exposure
from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.signals import stopping
from handrail.server.file_descriptors import UNLIMITED, capacity
from handrail.server.server import listen, serve
from handrail.server.server_config import ServerConfig
from handrail.settings import Settings
from handrail.telemetry.request_log import RequestLog
from handrail.usecases.machine_folder import Survey
from handrail.web.app import create_app
from handrail.web.services import Services


async def serve_app(
    settings: Settings,
    config: AwsConfig,
    *,
    host: str,
    port: int,
    ready: Callable[[str, Services], Awaitable[None]],
    survey: Survey | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT. `ready` gets the URL once requests are taken; `survey` is as
    in `open_base`. Raises PortError, SettingsError, InvalidDefinition."""
    refuse_exposure(settings, host)
    room = capacity(sockets=settings.ws_max_sockets, calls=settings.aws_pool_size)
    settings = bound_to(settings, host).model_copy(update={"ws_max_sockets": room.sockets})
    with listen(host, port) as listener:
        stop = asyncio.Event()
        async with open_services(settings, config, survey) as services:
            app = create_app(services)
            bound = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host

            @app.before_serving
            async def announce() -> None:
                await ready(f"http://{shown}:{bound}", services)

            gc.freeze()  # start-up's objects stay; looking at them took 6 to 8 % of the processor
            gc.set_threshold(10_000, 20, 50)
            gc.enable()
            serving = server_config(settings, max_connections=room.connections)
            with stopping(stop):
                await serve(app, listener, serving, ending=InOrder(services, settings), stop=stop)


@dataclass(frozen=True, slots=True)
class InOrder:
    """Ends the service; see `handrail.server.server.Ending`."""

    services: Services
    settings: Settings

    async def leave(self) -> None:
        """Fails readiness, and takes no more callbacks off the queue: those in hand are finished
        first. Everything else goes on for HANDRAIL_DRAIN_DELAY_S."""
        self.services.sockets.leaving = True
        waiting = [asyncio.sleep(self.settings.drain_delay_s)]
        if (callbacks := self.services.callbacks) is not None:
            waiting.append(callbacks.finish(self.settings.graceful_timeout_s))
        await asyncio.gather(*waiting)

    async def drain(self) -> None:
        """Closes sockets with 1012 over HANDRAIL_DRAIN_WINDOW_S; long-polls answer now. News that
        are being sent arrive, and another process may lead."""
        self.services.hub.drain()
        ending = [self.services.sockets.drain(self.settings.drain_window_s)]
        if (sending := self.services.news_sending) is not None:
            ending.append(sending.close())
        await asyncio.gather(*ending)


def server_config(settings: Settings, *, max_connections: int = UNLIMITED) -> ServerConfig:
    config = ServerConfig()
    config.keep_alive_timeout = settings.keep_alive_s
    config.graceful_timeout = settings.graceful_timeout_s
    config.websocket_max_message_size = settings.ws_max_message_bytes
    config.max_frames_per_s = settings.ws_max_messages_per_s
    config.send_timeout_s = settings.ws_send_timeout_s
    config.origins = settings.origins
    config.request_log = RequestLog(settings.request_log)
    config.max_connections = max_connections
    config.linger_s = settings.drain_window_s
    return config
