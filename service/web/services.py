"""The services and the options that the composition root hands to the app."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from quart import current_app

from service.auth.authentication import Authentication
from service.auth.narrowed_tokens import NarrowedTokens
from service.auth.tickets import Tickets
from service.core.protocol.paths import Addresses
from service.core.protocol.session import SessionLimits
from service.core.shares import RateShares
from service.telemetry import Metrics
from service.usecases.catalogue import Catalogue
from service.usecases.executions import ExecutionService
from service.usecases.live import Hub
from service.usecases.signed_links import LinkService
from service.usecases.steering import Steering
from service.usecases.tasks import TaskService
from service.usecases.trigger import Trigger

from .cors import Sharing
from .live.registry import SocketRegistry
from .quart_patches.shedding import Shedder
from .webhook_signatures import Signatures

EXTENSION = "handrail"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the routes go by besides the use-cases; the settings of these names describe it."""

    public_url: str | None
    origins: frozenset[str]
    allow_unauthenticated: bool
    metrics_public: bool
    principal_starts_per_s: float
    trigger_machine: str
    max_body_bytes: int
    request_timeout_s: float
    ws_send_timeout_s: float
    session: SessionLimits


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases and their limits. `reachable` tells whether AWS answers, `open_operations`
    which of its operations aren't asked."""

    options: WebOptions
    metrics: Metrics
    catalogue: Catalogue
    executions: ExecutionService
    steering: Steering
    tasks: TaskService
    links: LinkService
    signatures: Signatures
    hub: Hub
    sockets: SocketRegistry
    shedder: Shedder
    sharing: Sharing
    reachable: Callable[[], Awaitable[bool]]
    open_operations: Callable[[], Sequence[str]]
    trigger: Trigger
    tickets: Tickets
    addresses: Addresses
    starts: RateShares
    auth: Authentication
    narrowed: NarrowedTokens


def services() -> Services:
    """The running app's services."""
    return cast(Services, current_app.extensions[EXTENSION])
