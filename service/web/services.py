"""The services and the options that the composition root hands to the app."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from quart import current_app

from handrail.auth.authentication import Authentication
from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.auth.tickets import Tickets
from handrail.clock import Clock
from handrail.core.access.origins import Origins
from handrail.core.protocol.paths import Addresses
from handrail.core.protocol.session import SessionLimits
from handrail.core.shares import RateShares
from handrail.telemetry.metrics import Metrics
from handrail.telemetry.request_log import RequestLog
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.execution_lists import ExecutionLists
from handrail.usecases.execution_traces import ExecutionTraces
from handrail.usecases.executions import ExecutionService
from handrail.usecases.live import Hub, LiveLists
from handrail.usecases.news.news_service import NewsService
from handrail.usecases.replays import ReplayService
from handrail.usecases.signed_links import LinkService
from handrail.usecases.state_pages import StatePages
from handrail.usecases.status_nudges import StatusNudges
from handrail.usecases.steering import Steering
from handrail.usecases.task_search import TaskSearch
from handrail.usecases.tasks import TaskService
from handrail.usecases.timelines import Timelines
from handrail.usecases.traces import TraceContexts
from handrail.usecases.trigger import Trigger

from .cors import Sharing
from .live.registry import SocketRegistry
from .quart_patches.shedding import Shedder
from .webhook_signatures import Signatures

if TYPE_CHECKING:
    from handrail.telemetry.tracer import Tracer
    from handrail.usecases.callback_consumer import CallbackConsumer
    from handrail.usecases.news.news_sending import NewsSending

EXTENSION = "handrail"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the routes go by besides the use-cases; the settings of these names describe it."""

    public_url: str | None
    origins: Origins
    allow_unauthenticated: bool
    metrics_public: bool
    principal_starts_per_s: float
    trigger_machine: str
    max_body_bytes: int
    request_timeout_s: float
    ws_send_timeout_s: float
    proxies: int
    session: SessionLimits


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases and their limits. `reachable` tells whether AWS answers, `open_operations`
    which of its operations aren't asked, `pushes_arrive` whether what is pushed does, `bus_up`
    whether the bus does: None without one. `tracer` is None where no traces are recorded,
    `callbacks` where no queue brings any, `news_sending` where this process sends none."""

    options: WebOptions
    metrics: Metrics
    catalogue: Catalogue
    executions: ExecutionService
    lists: ExecutionLists
    replays: ReplayService
    steering: Steering
    tasks: TaskService
    task_search: TaskSearch
    links: LinkService
    states: StatePages
    timelines: Timelines
    spans: ExecutionTraces
    signatures: Signatures
    status_nudges: StatusNudges
    hub: Hub
    live_lists: LiveLists
    sockets: SocketRegistry
    shedder: Shedder
    sharing: Sharing
    request_log: RequestLog
    reachable: Callable[[], Awaitable[bool]]
    open_operations: Callable[[], Sequence[str]]
    pushes_arrive: Callable[[], bool | None]
    bus_up: Callable[[], bool | None]
    trigger: Trigger
    tickets: Tickets
    addresses: Addresses
    starts: RateShares
    clock: Clock
    auth: Authentication
    narrowed: NarrowedTokens
    traces: TraceContexts
    tracer: "Tracer | None" = None
    callbacks: "CallbackConsumer | None" = None
    news: NewsService = field(default_factory=NewsService)
    news_sending: "NewsSending | None" = None


def services() -> Services:
    """The running app's services."""
    return cast(Services, current_app.extensions[EXTENSION])
