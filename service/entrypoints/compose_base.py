"""Builds what every entry point needs (AWS clients, catalogue, live hub, authentication) and closes
it in reverse order. No web framework is imported: a Lambda function for sockets needs none."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

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
from handrail.core.pacing import Pace
from handrail.core.ports import CallQuota, RecentStarts
from handrail.core.protocol.paths import Addresses, callback_path
from handrail.core.remote_clock import RemoteClock
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.compose_bus import SharedPorts, open_shared_ports
from handrail.settings import Settings, warn_of_old_names
from handrail.telemetry.metrics import Metrics
from handrail.usecases import machine_sources
from handrail.usecases.catalogue import Catalogue, KnownMachine
from handrail.usecases.live import Hub, LiveLimits
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.express_histories import ExpressHistories
from handrail.usecases.live.list_pages import ListPages
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import ReadBudget, read_budget
from handrail.usecases.live.source import ExecutionSource
from handrail.usecases.machine_folder import Survey
from handrail.usecases.signed_links import linker

CALL_SHARE = 0.85  # of a request's time for one call to AWS, so that it can still say it failed


@dataclass(frozen=True, slots=True)
class Base:
    """The parts that use-cases are made of."""

    settings: Settings
    metrics: Metrics
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
    tickets: Tickets
    auth: Authentication


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
    clock, config, metrics = SystemClock(), config or aws_config(settings), Metrics()
    async with (
        open_authentication(settings, clock) as auth,
        open_clients(config) as clients,
        open_shared_ports(
            settings, clock, metrics, region=clients.sfn.meta.region_name, lasting=promises
        ) as shared,
    ):
        limits = live_limits(settings, prefix, promises=promises)
        known = Opened(settings, metrics, clock, clients, auth, shared)
        base = build_base(known, survey=survey, limits=limits)
        hear_dates(clients.sfn, base.remote)
        try:
            yield base
        finally:
            await base.hub.close()
            await base.list_pages.close()
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


def build_base(opened: Opened, *, survey: Survey | None, limits: LiveLimits) -> Base:
    settings, clients, clock, shared = opened.settings, opened.clients, opened.clock, opened.shared
    metrics, remote, recent = opened.metrics, RemoteClock(), shared.recent
    breakers = build_breakers(settings, metrics)
    calls = AwsCalls(metrics, breakers=breakers, limit_s=CALL_SHARE * settings.request_timeout_s)
    machines, executions = AwsStateMachines(clients, calls), AwsExecutions(clients, calls)
    catalogue = build_catalogue(settings, machines, clock, survey)
    limits = with_console(limits, clients, catalogue)
    reads = build_reads(settings, clock, shared.quota)
    tickets = build_tickets(settings, clients, calls, clock, shared.tickets)
    histories, definitions = AwsHistories(clients, calls), Definitions(machines, reads)
    list_pages = ListPages(executions, reads.lists, clock, shared.nudges)
    counts = MapRunCounts(AwsMapRuns(clients, calls), reads.map_runs, clock)
    express = ExpressHistories(clock, settings.express_kept_s)
    parts = catalogue, executions, histories, definitions, reads, recent, counts, express
    source = ExecutionSource(*parts, bus=shared.watches, lists=shared.lists)
    limits = replace(limits, addresses=replace(limits.addresses, express=express.shows))
    return Base(
        settings=settings,
        metrics=metrics,
        clock=clock,
        clients=clients,
        breakers=breakers,
        shared=shared,
        calls=calls,
        machines=machines,
        catalogue=catalogue,
        executions=executions,
        recent=recent,
        remote=remote,
        addresses=limits.addresses,
        hub=build_hub(opened, source, limits, list_pages),
        list_pages=list_pages,
        source=source,
        tickets=tickets,
        auth=replace(opened.auth, tickets=tickets),
    )


def build_hub(
    opened: Opened, source: ExecutionSource, limits: LiveLimits, list_pages: ListPages
) -> Hub:
    return Hub(
        source,
        limits,
        opened.clock,
        nudges=opened.shared.nudges,
        lag_seen=opened.metrics.live_lag.observe,
        seen=list_pages.note,
        shares=opened.shared.shares,
    )


def with_console(limits: LiveLimits, clients: Clients, catalogue: Catalogue) -> LiveLimits:
    """The same, with links to AWS's console where executions live in AWS."""
    if not is_aws(clients.sfn.meta.endpoint_url):
        return limits
    addresses = replace(limits.addresses, account=catalogue.known_account)
    return replace(limits, addresses=addresses)


def is_aws(endpoint_url: str) -> bool:
    """Whether this is AWS itself, whose console shows what lives there."""
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def build_breakers(settings: Settings, metrics: Metrics) -> Breakers:
    failures, recovery_s = settings.breaker_failures, settings.breaker_recovery_s
    return Breakers(metrics, threshold=failures, recovery_s=recovery_s)


def build_reads(
    settings: Settings, clock: Clock, quota: Callable[[str, float, float], CallQuota]
) -> ReadBudget:
    reads_per_s, burst = settings.live_reads_per_s, settings.live_reads_burst
    return read_budget(clock, reads_per_s=reads_per_s, burst=burst, quota=quota)


def build_catalogue(
    settings: Settings, machines: AwsStateMachines, clock: Clock, survey: Survey | None
) -> Catalogue:
    survey = survey or Survey(machine_sources.load(settings.state_machines_dir))
    return Catalogue(
        machines,
        clock,
        ttl_s=settings.catalogue_ttl_s,
        looked_for_s=settings.live_lag_s,
        known=known_machines(survey),
        environment=settings.environment,
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


def live_limits(
    settings: Settings, prefix: str | None = None, *, promises: bool = True
) -> LiveLimits:
    base = (settings.public_url or "").rstrip("/")
    prefix = urlsplit(base).path if prefix is None else prefix
    before = base or prefix
    offered = linker(
        settings.keyring,
        ttl_s=settings.link_ttl_s,
        url_of=lambda signed: f"{before}{callback_path(signed)}",
    )
    return LiveLimits(
        pace=Pace(settings.live_poll_min_s, settings.live_poll_max_s),
        linger_s=settings.live_linger_s,
        log_bytes=settings.live_log_bytes,
        memory_bytes=settings.live_memory_bytes,
        looked_for_s=settings.live_lag_s,
        max_watchers=settings.live_max_watchers,
        principal_watches=settings.principal_watches,
        principal_reads_per_s=settings.principal_reads_per_s,
        addresses=Addresses(
            offered if settings.offer_links else None,
            settings.socket_url,
            prefix,
            signs=bool(settings.keyring),
        ),
        patience_s=settings.request_timeout_s / 3,
        promises=promises,
    )
