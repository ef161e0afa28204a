"""What every way into the service stands on, opened in one place and closed in reverse: AWS, the
catalogue, the live hub, who callers are.

Apart from `bootstrap` because that puts a web framework on top: what answers no HTTP (a Lambda
function for sockets and nudges, `handrail deploy`) would import it for nothing.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from service.auth.opening import open_authentication
from service.aws.breaker import Breakers
from service.aws.calls import AwsCalls
from service.aws.clients import AwsConfig, Clients, open_clients
from service.aws.dates import hear_dates
from service.aws.executions import AwsExecutions
from service.aws.histories import AwsHistories
from service.aws.state_machines import AwsStateMachines
from service.aws.table import Table
from service.aws.tickets import AwsTickets
from service.core.addresses import Addresses, Linker, callback_path
from service.core.pacing import Pace
from service.core.ports import RecentStarts
from service.core.remote_clock import RemoteClock
from service.settings import Settings
from service.telemetry import Metrics
from service.usecases import machine_folder
from service.usecases.authentication import Authentication
from service.usecases.catalogue import Catalogue, KnownMachine
from service.usecases.clock import Clock, SystemClock
from service.usecases.in_memory import InMemoryStarts
from service.usecases.links import linker
from service.usecases.live import Hub, LiveLimits
from service.usecases.live.budget import read_budget
from service.usecases.live.source import ExecutionSource
from service.usecases.machine_folder import MachineFolder, Survey
from service.usecases.tickets import Tickets, TicketsHere

CALL_SHARE = 0.85
"""How much of a request's time one call to AWS may use up: a call that is given up on by itself is
counted against AWS, and its request still has the time to say so."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """The parts that use-cases are made of. `auth` is None where nobody is asked who they are."""

    settings: Settings
    metrics: Metrics
    clock: Clock
    clients: Clients
    breakers: Breakers
    calls: AwsCalls
    machines: AwsStateMachines
    catalogue: Catalogue
    executions: AwsExecutions
    recent: RecentStarts
    remote: RemoteClock
    addresses: Addresses
    hub: Hub
    tickets: Tickets
    auth: Authentication | None


@asynccontextmanager
async def open_foundation(
    settings: Settings,
    config: AwsConfig,
    survey: Survey | None = None,
    *,
    promises: bool = True,
) -> AsyncIterator[Foundation]:
    """Makes no call to AWS yet. `survey` is of the folder of state machines, which is read here
    where None; `promises` is whether this process goes on reading between requests, so that it can
    say within how many seconds a change is seen. Raises SettingsError, InvalidDefinition."""
    clock = SystemClock()
    async with open_authentication(settings, clock) as auth, open_clients(config) as clients:
        laid = lay(settings, clients, auth, clock, survey, promises=promises)
        try:
            yield laid
        finally:
            await laid.hub.close()
            await laid.catalogue.close()


def lay(
    settings: Settings,
    clients: Clients,
    auth: Authentication | None,
    clock: Clock,
    survey: Survey | None = None,
    *,
    promises: bool = True,
) -> Foundation:
    """The foundation over open clients."""
    metrics = Metrics()
    breakers = Breakers(
        metrics, threshold=settings.breaker_failures, recovery_s=settings.breaker_recovery_s
    )
    calls = AwsCalls(metrics, breakers=breakers, limit_s=CALL_SHARE * settings.request_timeout_s)
    machines, executions = AwsStateMachines(clients, calls), AwsExecutions(clients, calls)
    survey = survey or Survey(machine_folder.load(settings.state_machines_dir))
    catalogue = Catalogue(
        machines,
        clock,
        ttl_s=settings.catalogue_ttl_s,
        known=known_machines(survey.folders, settings.environment),
        problems=survey.problems,
    )
    recent, remote = InMemoryStarts(clock), RemoteClock()
    hear_dates(clients.sfn, remote)
    budget = read_budget(
        clock, reads_per_s=settings.live_reads_per_s, burst=settings.live_reads_burst
    )
    histories = AwsHistories(clients, calls)
    limits = replace(live_limits(settings), promises=promises)
    return Foundation(
        settings=settings,
        metrics=metrics,
        clock=clock,
        clients=clients,
        breakers=breakers,
        calls=calls,
        machines=machines,
        catalogue=catalogue,
        executions=executions,
        recent=recent,
        remote=remote,
        addresses=limits.addresses,
        hub=Hub(
            ExecutionSource(
                catalogue, executions, histories, machines, budget=budget, recent=recent
            ),
            limits,
            clock,
            lag_seen=metrics.live_lag.observe,
        ),
        tickets=tickets(settings, clients, calls, clock),
        auth=auth,
    )


def tickets(settings: Settings, clients: Clients, calls: AwsCalls, clock: Clock) -> Tickets:
    """Good at any replica where there is a table, else at this one."""
    if settings.table is None:
        return Tickets(clock, TicketsHere(clock, share=settings.principal_tickets))
    return Tickets(clock, AwsTickets(Table(clients, calls, settings.table, clock), clock))


def known_machines(
    folders: Iterable[MachineFolder], environment: str
) -> Mapping[str, KnownMachine]:
    """What `state_machines/` says of each machine, by deployed name."""
    return {
        folder.file.name.replace("${ENVIRONMENT}", environment): KnownMachine(
            folder.file.description,
            folder.file.input_schema,
            folder.file.output_schemas,
            folder.file.callbacks,
        )
        for folder in folders
    }


def live_limits(settings: Settings) -> LiveLimits:
    return LiveLimits(
        pace=Pace(settings.live_poll_min_s, settings.live_poll_max_s),
        linger_s=settings.live_linger_s,
        log_bytes=settings.live_log_bytes,
        memory_bytes=settings.live_memory_bytes,
        looks_s=looks_s(settings.live_lag_s),
        max_watchers=settings.live_max_watchers,
        principal_watches=settings.principal_watches,
        principal_reads_per_s=settings.principal_reads_per_s,
        addresses=Addresses(offered_links(settings), settings.socket_url),
        patience_s=settings.request_timeout_s / 3,
    )


def looks_s(lag_s: float) -> tuple[float, ...]:
    """Two more looks within this time, the second after twice as long; none where it is nothing."""
    return (lag_s / 3, 2 * lag_s / 3) if lag_s else ()


def offered_links(settings: Settings) -> Linker | None:
    """The links pending tasks offer; None where they offer none."""
    if not settings.offer_links:
        return None
    base = (settings.public_url or "").rstrip("/")
    return linker(
        settings.keyring,
        ttl_s=settings.link_ttl_s,
        url_of=lambda signed: f"{base}{callback_path(signed)}",
    )
