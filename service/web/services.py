"""What the web room is handed by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart import Quart, current_app

from service.settings import Settings
from service.telemetry import Metrics
from service.usecases.catalogue import Catalogue
from service.usecases.executions import ExecutionService
from service.usecases.live import Hub
from service.usecases.tasks import TaskService

from .registry import SocketRegistry

EXTENSION = "handrail"


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases and their limits. `reachable` tells whether AWS answers, for readiness."""

    settings: Settings
    metrics: Metrics
    catalogue: Catalogue
    executions: ExecutionService
    tasks: TaskService
    hub: Hub
    sockets: SocketRegistry
    reachable: Callable[[], Awaitable[bool]]


def install(app: Quart, services: Services) -> None:
    app.extensions[EXTENSION] = services


def services() -> Services:
    """The running app's services."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)  # noqa: S101 - installed by create_app
    return found
