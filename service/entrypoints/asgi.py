"""Builds the service as an ASGI application, for servers and applications of one's own; see
docs/embedding.md."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from quart import Blueprint, Quart

from handrail.auth.setup import ANYWHERE, bound_to, refuse_exposure
from handrail.core.access.principals import AccessScope
from handrail.core.errors import ServiceError, StartupError
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.serve import InOrder
from handrail.settings import Settings
from handrail.telemetry.logs import configure_logs
from handrail.web.access import Access, Reach
from handrail.web.app import create_app
from handrail.web.auth import principal
from handrail.web.services import services

__all__ = ["Access", "AccessScope", "Application", "Reach", "asgi", "principal", "services"]

NOT_OPEN = (
    "Handrail is not open. Its server must send lifespan events; where the application is mounted"
    " in another one, that one's lifespan must enter `async with application.opened()`."
)


def asgi(
    settings: Settings | None = None,
    *,
    blueprints: Iterable[Blueprint] = (),
    access: Mapping[str, Access] | None = None,
    prefix: str | None = None,
) -> "Application":
    """Builds an application that opens its services with its lifespan. Makes no call to AWS.

    `settings` are the environment's if not given. `blueprints` are served beside the routes here;
    `access` has what each of their routes asks for, by the route's full pattern. `prefix` is the
    path that clients find the service under, `/steps`; the public URL's if not given. Logs are
    configured where the process has not configured structlog. Raises SettingsError."""
    settings = settings or Settings.read()
    # Each request is looked at instead: with authentication off only this machine is answered.
    refuse_exposure(settings.model_copy(update={"allow_unauthenticated": True}), ANYWHERE)
    if not structlog.is_configured():
        configure_logs(settings.log_level, settings.log_format)
    if prefix is not None and not re.fullmatch(r"(/[^/?#\s]+)*", prefix):
        raise ValueError("A prefix is a path without a slash at its end, like /steps.")
    settings = bound_to(settings, ANYWHERE)
    return Application(settings, prefix, tuple(blueprints), dict(access or {}))


class Application:
    """An ASGI 3 application. With authentication off it only answers this machine."""

    def __init__(
        self,
        settings: Settings,
        prefix: str | None,
        blueprints: tuple[Blueprint, ...],
        access: dict[str, Access],
    ) -> None:
        self._settings, self._prefix = settings, prefix
        self._blueprints, self._access = blueprints, access
        self._app: Quart | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Quart]:
        """Opens the services, and closes them: sockets hear 1012 first. Raises RuntimeError where
        they are open, SettingsError, InvalidDefinition, and ValueError for routes that can't be
        served."""
        if self._app is not None:
            raise RuntimeError("This application is open; each has one lifespan.")
        async with open_services(self._settings, prefix=self._prefix) as services:
            app = create_app(services, self._blueprints, self._access)
            await app.startup()
            self._app = app
            try:
                yield app
            finally:
                self._app = None
                await InOrder(services, self._settings).drain()
                await app.shutdown()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif self._app is None:
            raise RuntimeError(NOT_OPEN)
        else:
            await self._app(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        """The ASGI specification, lifespan protocol."""
        async with AsyncExitStack() as stack:
            await receive()
            try:
                await stack.enter_async_context(self.opened())
            except (ServiceError, StartupError, ValueError) as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
