"""Builds what every entry point needs (AWS clients, catalogue, live hub, authentication) and closes
it in reverse order. No web framework is imported: a Lambda function for sockets needs none."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handrail.auth.authentication import Authentication
from handrail.auth.setup import open_authentication
from handrail.auth.tickets import Tickets, TicketStore
from handrail.aws.breaker import Breakers
from handrail.aws.calls import AwsCalls, hear_dates
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.dynamodb.table import Table
from handrail.aws.dynamodb.tickets import AwsTickets
from handrail.aws.step_functions.executions import AwsExecutions, AwsHistories, AwsMapRuns
from handrail.aws.step_functions.state_machines import AwsStateMachines
from handrail.clock import Clock, SystemClock
from handrail.core.definition.substitution import fill_known
from handrail.core.models import Execution
from handrail.core.ports import CallQuota, RecentStarts
from handrail.core.protocol.paths import Addresses
from handrail.core.pushes import Push
from handrail.core.remote_clock import RemoteClock
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.compose_bus import SharedPorts, open_shared_ports
from handrail.entrypoints.compose_limits import live_limits, showing, with_console
from handrail.entrypoints.compose_metrics import reporting, show_reads, show_watches
from handrail.entrypoints.compose_traces import (
    TracingParts,
    exporting,
    trace_contexts,
    tracing_parts,
)
from handrail.entrypoints.notified import refuse_frozen_news
from handrail.settings import Settings, warn_of_old_names
from handrail.telemetry.metrics import Metrics
from handrail.telemetry.tracing import open_tracing
from handrail.usecases import machine_sources
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.live import Hub, HubObservers, LiveLimits
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.execution_ends import ExecutionEnds
from handrail.usecases.live.express_histories import ExpressHistories
from handrail.usecases.live.forecasts import Forecasts
from handrail.usecases.live.list_pages import ListPages
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import ReadBudget, read_budget
from handrail.usecases.live.source import ExecutionSource
from handrail.usecases.machine_folder import KnownMachine, MachineFolder, Survey
from handrail.usecases.traces import TraceContexts

if TYPE_CHECKING:
    from handrail.telemetry.tracer import Tracer

CALL_SHARE = 0.85  # of a request's time for one call to AWS, so that it can still say it failed


@dataclass(frozen=True, slots=True)
class Base:
    """The parts that use-cases are made of. `report` writes the metrics for CloudWatch, where that
    is wanted; `push_listeners` are told of all that is pushed; `folders` are those of the state
    machines that are known; `lasting` is whether this process goes on between requests."""

    settings: Settings
    metrics: Metrics
    report: Callable[[], None]
    clock: Clock
    clients: Clients
    breakers: Breakers
    shared: SharedPorts
    calls: AwsCalls
    machines: AwsStateMachines
    catalogue: Catalogue
    executions: AwsExecutions
    recent: RecentStarts
    remote: RemoteClock
    addresses: Addresses
    hub: Hub
    list_pages: ListPages
    source: ExecutionSource
    ends: ExecutionEnds
    tickets: Tickets
    auth: Authentication
    tracing: TracingParts
    push_listeners: list[Callable[[Push], None]] = field(default_factory=list)
    folders: Sequence[MachineFolder] = ()
    lasting: bool = True

    @property
    def tracer(self) -> "Tracer | None":
        return self.tracing.tracer

    @property
    def traces(self) -> TraceContexts:
        return self.tracing.contexts


@asynccontextmanager
async def open_base(
    settings: Settings,
    config: AwsConfig | None = None,
    survey: Survey | None = None,
    *,
    promises: bool = True,
    prefix: str | None = None,
) -> AsyncIterator[Base]:
    """Makes no call to AWS yet. Where None, `config` is by the settings and `survey` of the folder
    of state machines; `promises` is whether this process goes on reading between requests, so that
    it can say within how many seconds a change is seen; `prefix` is the path that clients find the
    service under, the public URL's if None. Raises SettingsError, InvalidDefinition."""
    warn_of_old_names()
    survey = survey or Survey(machine_sources.load(settings.state_machines_dir))
    if not promises:
        refuse_frozen_news(settings, survey.folders)
    clock, config, metrics = SystemClock(), config or aws_config(settings), Metrics()
    async with (
        open_tracing(wanted=settings.traces, environment=settings.environment) as tracer,
        reporting(settings, metrics, clock, lasting=promises) as report,
        open_authentication(settings, clock) as auth,
        open_clients(config) as clients,
        open_shared_ports(
            settings, clock, metrics, region=clients.sfn.meta.region_name, lasting=promises
        ) as shared,
    ):
        limits = live_limits(settings, prefix, promises=promises)
        known = Opened(settings, metrics, clock, clients, auth, shared, report, tracer)
        base = build_base(known, survey=survey, limits=limits)
        told, folders = known.push_listeners, survey.folders
        base = replace(base, push_listeners=told, folders=folders, lasting=promises)
        hear_dates(clients.sfn, base.remote)
        try:
            async with exporting(base.tracing.exports, base.hub):
                yield base
        finally:
            await base.hub.close()
            await base.list_pages.close()
            await base.ends.close()
            await base.catalogue.close()


@dataclass(frozen=True, slots=True)
class Opened:
    """What had to be opened before the rest is built."""

    settings: Settings
    metrics: Metrics
    clock: Clock
    clients: Clients
    auth: Authentication
    shared: SharedPorts
    report: Callable[[], None]
    tracer: "Tracer | None" = None
    push_listeners: list[Callable[[Push], None]] = field(default_factory=list)


def build_base(opened: Opened, *, survey: Survey, limits: LiveLimits) -> Base:
    settings, clients, clock, shared = opened.settings, opened.clients, opened.clock, opened.shared
    metrics, express = opened.metrics, ExpressHistories(clock, settings.express_kept_s)
    breakers = build_breakers(settings, metrics)
    calls = build_calls(opened, breakers)
    machines, executions = AwsStateMachines(clients, calls), AwsExecutions(clients, calls)
    catalogue = build_catalogue(settings, machines, clock, survey)
    reads = build_reads(settings, clock, shared.quota, metrics)
    tickets = build_tickets(settings, clients, calls, clock, shared.tickets)
    ends = ExecutionEnds(metrics, clock, shared.end_claims)
    list_pages = ListPages(executions, reads.lists, clock, shared.nudges, ends.seen)
    counts = MapRunCounts(AwsMapRuns(clients, calls), reads.map_runs, clock)
    histories, definitions = AwsHistories(clients, calls), Definitions(machines, reads)
    parts = catalogue, executions, histories, definitions, reads, shared.recent, counts, express
    tracing = build_tracing(opened, executions, catalogue, reads)
    source = foreseeing(ExecutionSource(*parts, bus=shared.watches, lists=shared.lists), clock)
    limits = showing(with_console(limits, clients, catalogue), express, tracing.contexts)
    return Base(
        settings=settings,
        metrics=metrics,
        report=opened.report,
        clock=clock,
        clients=clients,
        breakers=breakers,
        shared=shared,
        calls=calls,
        machines=machines,
        catalogue=catalogue,
        executions=executions,
        recent=shared.recent,
        remote=RemoteClock(),
        addresses=limits.addresses,
        hub=build_hub(opened, source, limits, observing(opened, list_pages, ends, tracing)),
        list_pages=list_pages,
        source=source,
        ends=ends,
        tickets=tickets,
        auth=replace(opened.auth, tickets=tickets),
        tracing=tracing,
    )


def foreseeing(source: ExecutionSource, clock: Clock) -> ExecutionSource:
    """With what is to be expected of its executions."""
    lists = source.budget.lists
    return replace(source, forecasts=Forecasts(source.definitions, source.executions, lists, clock))


def build_tracing(
    opened: Opened, executions: AwsExecutions, catalogue: Catalogue, reads: ReadBudget
) -> TracingParts:
    tracer, clock, claims = opened.tracer, opened.clock, opened.shared.end_claims
    contexts = trace_contexts(tracer, executions, catalogue, reads, clock)
    return tracing_parts(tracer, contexts, claims, clock, opened.metrics)


def observing(
    opened: Opened, list_pages: ListPages, ends: ExecutionEnds, tracing: TracingParts
) -> HubObservers:
    def pushed(push: Push) -> None:
        ends.pushed(push)
        for told in opened.push_listeners:
            told(push)

    def seen(execution: Execution) -> None:
        list_pages.note(execution)
        ends.seen(execution)

    return HubObservers(seen, opened.metrics.lag_seen, ends.seen, pushed, tracing.exports)


def build_hub(
    opened: Opened, source: ExecutionSource, limits: LiveLimits, observers: HubObservers
) -> Hub:
    nudges, shares = opened.shared.nudges, opened.shared.shares
    hub = Hub(source, limits, opened.clock, nudges=nudges, observers=observers, shares=shares)
    show_watches(opened.metrics, hub)
    return hub


def build_calls(opened: Opened, breakers: Breakers) -> AwsCalls:
    limit_s = CALL_SHARE * opened.settings.request_timeout_s
    return AwsCalls(opened.metrics, breakers=breakers, limit_s=limit_s, tracer=opened.tracer)


def build_breakers(settings: Settings, metrics: Metrics) -> Breakers:
    failures, recovery_s = settings.breaker_failures, settings.breaker_recovery_s
    return Breakers(metrics, threshold=failures, recovery_s=recovery_s)


def build_reads(
    settings: Settings,
    clock: Clock,
    quota: Callable[[str, float, float], CallQuota],
    metrics: Metrics,
) -> ReadBudget:
    reads_per_s, burst = settings.live_reads_per_s, settings.live_reads_burst
    budget = read_budget(clock, reads_per_s=reads_per_s, burst=burst, quota=quota)
    show_reads(metrics, budget)
    return budget


def build_catalogue(
    settings: Settings, machines: AwsStateMachines, clock: Clock, survey: Survey
) -> Catalogue:
    return Catalogue(
        machines,
        clock,
        ttl_s=settings.catalogue_ttl_s,
        looked_for_s=settings.live_lag_s,
        known=known_machines(survey),
        environment=settings.environment,
        served=settings.served_machines,
        problems=survey.problems,
        local=survey.local,
    )


def known_machines(survey: Survey) -> dict[str, KnownMachine]:
    """What the files add to what AWS tells, by name."""
    return {
        fill_known(file.name, file.substitutions): KnownMachine(
            file.description, file.input_schema, file.output_schemas, file.callbacks
        )
        for file in (folder.file for folder in survey.folders)
    }


def build_tickets(
    settings: Settings, clients: Clients, calls: AwsCalls, clock: Clock, shared: TicketStore
) -> Tickets:
    """Tickets are good at any replica where there is a table, which API Gateway's sockets know too,
    or a bus; else at this one."""
    if settings.table is None:
        return Tickets(clock, shared)
    return Tickets(clock, AwsTickets(Table(clients, calls, settings.table, clock), clock))
