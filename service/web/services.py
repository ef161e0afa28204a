"""The services that the composition root hands to the app."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from quart import current_app

from service.auth.authentication import Authentication
from service.auth.tickets import Tickets
from service.core.protocol.paths import Addresses
from service.core.shares import RateShares
from service.settings import Settings
from service.telemetry import Metrics
from service.usecases.catalogue import Catalogue
from service.usecases.executions import ExecutionService
from service.usecases.live import Hub
from service.usecases.signed_links import LinkService
from service.usecases.steering import Steering
from service.usecases.tasks import TaskService
from service.usecases.trigger import Trigger

from .live.registry import SocketRegistry
from .webhook_signatures import Signatures

EXTENSION = "handrail"


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases and their limits. `reachable` tells whether AWS answers, and
    `open_operations` which of its operations aren't asked, for readiness.
    `starts` are what each principal may start a second; `auth` is None where nobody is asked who
    they are."""

    settings: Settings
    metrics: Metrics
    catalogue: Catalogue
    executions: ExecutionService
    steering: Steering
    tasks: TaskService
    links: LinkService
    signatures: Signatures
    hub: Hub
    sockets: SocketRegistry
    reachable: Callable[[], Awaitable[bool]]
    open_operations: Callable[[], Sequence[str]]
    trigger: Trigger
    tickets: Tickets
    addresses: Addresses
    starts: RateShares
    auth: Authentication | None = None


def services() -> Services:
    """The running app's services."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)  # noqa: S101 - installed by create_app
    return found
