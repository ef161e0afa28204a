"""Composes the service over HTTP and its own sockets: settings become services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.aws.clients import AwsConfig
from handrail.aws.lambda_functions import AwsFunctions
from handrail.aws.step_functions.tasks import AwsTasks
from handrail.core.protocol.session import SessionLimits
from handrail.core.shares import RateShares
from handrail.entrypoints.compose_base import Base, open_base
from handrail.entrypoints.compose_push import reading_pushes
from handrail.settings import Settings
from handrail.telemetry.request_log import RequestLog
from handrail.usecases.execution_lists import ExecutionLists
from handrail.usecases.execution_traces import ExecutionTraces
from handrail.usecases.executions import ExecutionService
from handrail.usecases.live import LiveLists
from handrail.usecases.live.hub import DUE_BURST_S
from handrail.usecases.live.push_stream import PushStream
from handrail.usecases.machine_folder import Survey
from handrail.usecases.map_run_items import MapRunItems
from handrail.usecases.metered_tasks import MeteredTasks
from handrail.usecases.reachability import Reachability
from handrail.usecases.replays import ReplayService
from handrail.usecases.signed_links import LinkService
from handrail.usecases.state_pages import HistoryFolding, StatePages
from handrail.usecases.steering import Steering
from handrail.usecases.task_search import TaskSearch
from handrail.usecases.tasks import TaskService
from handrail.usecases.timelines import Timelines
from handrail.usecases.trigger import InvokingTrigger, StartingTrigger, Trigger, trigger_machine
from handrail.web.cors import Sharing
from handrail.web.live.registry import SocketRegistry
from handrail.web.quart_patches.shedding import Shedder
from handrail.web.services import Services, WebOptions
from handrail.web.webhook_signatures import Signatures

START_BURST_S = 2  # for so long a principal may start nothing and then at once what it left out


@asynccontextmanager
async def open_services(
    settings: Settings,
    config: AwsConfig | None = None,
    survey: Survey | None = None,
    *,
    prefix: str | None = None,
) -> AsyncIterator[Services]:
    """Opens everything the app needs, and closes it; for the rest see `open_base`."""
    async with (
        open_base(settings, config, survey, prefix=prefix) as base,
        reading_pushes(base) as pushes,
    ):
        services = services_on(base, pushes)
        try:
            yield services
        finally:
            await services.sockets.close()
            await services.live_lists.close()


def services_on(base: Base, pushes: PushStream | None = None) -> Services:
    """Builds the web's use-cases. Their sockets are to be closed before the base."""
    settings, clock, catalogue, hub = base.settings, base.clock, base.catalogue, base.hub
    executions, tasks, folding = execution_service(base), task_service(base), HistoryFolding(hub)
    return Services(
        options=web_options(settings),
        metrics=base.metrics,
        catalogue=catalogue,
        executions=executions,
        replays=ReplayService(catalogue, base.executions, executions, clock),
        lists=execution_lists(base),
        steering=steering(base),
        tasks=tasks,
        task_search=TaskSearch(hub, base.list_pages, catalogue, base.shared.settlements, clock),
        links=link_service(base, tasks),
        states=state_pages(base, folding),
        timelines=Timelines(hub, folding),
        spans=ExecutionTraces(hub, folding, base.traces),
        signatures=Signatures(settings.webhook_keys, base.shared.webhook_ids),
        hub=hub,
        live_lists=live_lists(base),
        sockets=socket_registry(base),
        shedder=shown_shedder(base),
        sharing=Sharing(settings.origins, settings.more_headers),
        request_log=RequestLog(settings.request_log, settings.health_log),
        reachable=Reachability(base.machines, clock, quiet_s=lambda: base.calls.quiet_s).check,
        open_operations=lambda: base.breakers.open_operations,
        pushes_arrive=lambda: None if pushes is None else pushes.healthy,
        bus_up=base.shared.bus_up,
        trigger=build_trigger(base, executions),
        tickets=base.tickets,
        addresses=base.addresses,
        clock=clock,
        auth=base.auth,
        narrowed=NarrowedTokens(settings.keyring, clock),
        starts=start_shares(base),
        tracer=base.tracer,
        traces=base.traces,
    )


def steering(base: Base) -> Steering:
    parts = base.catalogue, base.executions, base.hub, base.recent, base.clock
    return Steering(*parts, addresses=base.addresses)


def task_service(base: Base) -> TaskService:
    sending, applied = AwsTasks(base.clients, base.calls), base.shared.settlements
    parts = base.hub, sending, base.catalogue, applied, base.clock
    return MeteredTasks(*parts, base.metrics)


def link_service(base: Base, tasks: TaskService) -> LinkService:
    settings, parts = base.settings, (base.hub, tasks, base.catalogue, base.clock)
    return LinkService(settings.keyring, *parts, ttl_s=settings.link_ttl_s)


def shown_shedder(base: Base) -> Shedder:
    shedder = Shedder(base.settings.max_concurrent_requests, base.settings.ws_max_sockets)
    base.metrics.show_requests(lambda: shedder.active, lambda: shedder.waiting)
    return shedder


def build_trigger(base: Base, executions: ExecutionService) -> Trigger:
    environment = base.settings.environment
    if base.settings.trigger == "lambda":
        return InvokingTrigger(AwsFunctions(base.clients, base.calls), environment=environment)
    return StartingTrigger(executions, environment=environment)


def start_shares(base: Base) -> RateShares:
    per_s = base.settings.principal_starts_per_s
    return base.shared.shares.used("starts", per_s, START_BURST_S * per_s)


def socket_registry(base: Base) -> SocketRegistry:
    return SocketRegistry(
        max_sockets=base.settings.ws_max_sockets,
        shares=base.shared.shares.held("sockets", base.settings.principal_sockets),
        heartbeat_s=base.settings.ws_heartbeat_s,
        metrics=base.metrics,
    )


def execution_service(base: Base) -> ExecutionService:
    return ExecutionService(
        base.catalogue,
        base.executions,
        base.recent,
        base.remote,
        base.clock,
        base.hub.own,
        new_name=lambda: str(uuid4()),
        announce=base.list_pages.announce,
        note_trace=base.traces.note,
        shows_express=base.addresses.express,
        ended=base.ends.seen,
        meter=base.metrics,
    )


def execution_lists(base: Base) -> ExecutionLists:
    per_s = base.settings.principal_reads_per_s
    shares = base.shared.shares.used("lists", per_s, DUE_BURST_S * per_s)
    return ExecutionLists(base.catalogue, base.list_pages, base.clock, shares)


def live_lists(base: Base) -> LiveLists:
    shares = base.shared.shares.held("live_lists", base.settings.principal_watches)
    return LiveLists(base.catalogue, base.list_pages, base.clock, base.addresses, shares)


def state_pages(base: Base, folding: HistoryFolding) -> StatePages:
    children = MapRunItems(base.source.map_runs, base.source.budget.lists)
    return StatePages(base.hub, children, base.addresses, folding)


def web_options(settings: Settings) -> WebOptions:
    return WebOptions(
        public_url=settings.public_url,
        origins=settings.origins,
        allow_unauthenticated=settings.allow_unauthenticated,
        metrics_public=bool(settings.metrics_public),
        principal_starts_per_s=settings.principal_starts_per_s,
        trigger_machine=trigger_machine(settings.environment),
        max_body_bytes=settings.max_body_bytes,
        request_timeout_s=settings.request_timeout_s,
        ws_send_timeout_s=settings.ws_send_timeout_s,
        proxies=settings.proxies,
        session=SessionLimits(
            heartbeat_s=settings.ws_heartbeat_s,
            max_subscriptions=settings.ws_max_subscriptions,
            max_messages_per_s=settings.ws_max_messages_per_s,
            max_message_bytes=settings.ws_max_message_bytes,
        ),
    )
