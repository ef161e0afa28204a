"""Composes the service over HTTP and its own sockets: settings become services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.aws.clients import AwsConfig
from handrail.aws.lambda_functions import AwsFunctions
from handrail.core.protocol.session import SessionLimits
from handrail.core.shares import RateShares
from handrail.entrypoints.compose_base import Base, open_base
from handrail.entrypoints.compose_push import reading_pushes
from handrail.entrypoints.compose_tasks import task_service
from handrail.entrypoints.notified import news_wanted
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
from handrail.usecases.news.news_service import NewsService
from handrail.usecases.reachability import Reachability
from handrail.usecases.replays import ReplayService
from handrail.usecases.signed_links import LinkService
from handrail.usecases.state_pages import HistoryFolding, StatePages
from handrail.usecases.status_nudges import StatusNudges
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

if TYPE_CHECKING:
    from handrail.usecases.callback_consumer import CallbackConsumer
    from handrail.usecases.news.news_sending import NewsSending

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
            async with (
                taking_callbacks(base, services) as callbacks,
                telling_news(base, services) as sending,
            ):
                news = services.news
                if sending is not None:
                    news = replace(news, subscriptions=sending.subscribers.by_id)
                yield replace(services, callbacks=callbacks, news=news, news_sending=sending)
        finally:
            await services.sockets.close()
            await services.live_lists.close()


@asynccontextmanager
async def taking_callbacks(
    base: Base, services: Services
) -> "AsyncIterator[CallbackConsumer | None]":
    """Takes callbacks off their queue meanwhile; None where the settings name none."""
    if base.settings.callbacks_queue is None:
        yield None
        return
    from handrail.entrypoints.compose_callbacks import callback_consumer  # noqa: PLC0415 few need it

    consumer = callback_consumer(base, services.tasks)
    consumer.start()
    try:
        yield consumer
    finally:
        await consumer.close(base.settings.graceful_timeout_s)


@asynccontextmanager
async def telling_news(base: Base, services: Services) -> "AsyncIterator[NewsSending | None]":
    """Tells other systems of executions meanwhile; None where nobody asks, or others do."""
    if base.settings.news == "off" or not news_wanted(base.settings, base.folders):
        yield None
        return
    from handrail.entrypoints.compose_news import sending_news  # noqa: PLC0415 few need it

    async with sending_news(base, services) as sending:
        yield sending


def news_service(base: Base) -> NewsService:
    if not news_wanted(base.settings, base.folders):
        return NewsService()
    from handrail.entrypoints.compose_outbox import news_service_on  # noqa: PLC0415 few need it

    return news_service_on(base)


def services_on(base: Base, pushes: PushStream | None = None) -> Services:
    """Builds the web's use-cases. Their sockets are to be closed before the base."""
    return replace(_services_on(base, pushes), news=news_service(base))


def _services_on(base: Base, pushes: PushStream | None) -> Services:
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
        status_nudges=status_nudges(base),
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


def status_nudges(base: Base) -> StatusNudges:
    keys, claims = base.settings.events_keys, base.shared.end_claims
    parts = keys, base.catalogue, base.hub, base.clock, claims
    return StatusNudges(*parts, base.metrics.status_change)


def steering(base: Base) -> Steering:
    parts = base.catalogue, base.executions, base.hub, base.recent, base.clock
    return Steering(*parts, addresses=base.addresses)


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
