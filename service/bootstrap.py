"""The composition root: Settings → Services, all opened in one place and closed in reverse."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from service.auth.opening import open_authentication
from service.aws.breaker import Breakers
from service.aws.calls import AwsCalls
from service.aws.clients import AwsConfig, open_clients
from service.aws.executions import AwsExecutions
from service.aws.functions import AwsFunctions
from service.aws.histories import AwsHistories
from service.aws.state_machines import AwsStateMachines
from service.aws.tasks import AwsTasks
from service.core.documents import Linker
from service.core.pacing import Pace, TokenBucket
from service.core.ports import Functions
from service.settings import Settings
from service.telemetry import Metrics
from service.usecases import machine_folder
from service.usecases.catalogue import Catalogue, KnownMachine
from service.usecases.clock import SystemClock
from service.usecases.executions import ExecutionService
from service.usecases.links import LinkService, linker
from service.usecases.live import Hub, LiveLimits
from service.usecases.live.reader import PacedReads
from service.usecases.live.source import Source
from service.usecases.reachability import Reachability
from service.usecases.recent import RecentStarts
from service.usecases.tasks import TaskService
from service.usecases.tickets import Tickets
from service.usecases.trigger import InvokingTrigger, StartingTrigger, Trigger
from service.web.links import callback_path
from service.web.registry import SocketRegistry
from service.web.services import Services
from service.web.signatures import Signatures

CALL_SHARE = 0.85
"""How much of a request's time one call to AWS may use up: a call that is given up on by itself is
counted against AWS, and its request still has the time to say so."""


def aws_config(settings: Settings) -> AwsConfig:
    """How to reach AWS by these settings; the rest is AWS's own variables' to say."""
    return AwsConfig(
        role_arn=settings.role_arn,
        connect_timeout_s=settings.aws_connect_timeout_s,
        read_timeout_s=settings.aws_read_timeout_s,
        max_attempts=settings.aws_max_attempts,
        pool_size=settings.aws_pool_size,
    )


@asynccontextmanager
async def open_services(settings: Settings, config: AwsConfig) -> AsyncIterator[Services]:
    """Everything the app needs, closed at the end. Raises SettingsError, InvalidDefinition."""
    metrics, clock = Metrics(), SystemClock()
    async with open_authentication(settings, clock) as auth, open_clients(config) as clients:
        breakers = Breakers(
            metrics,
            threshold=settings.breaker_failures,
            recovery_s=settings.breaker_recovery_s,
        )
        limit_s = CALL_SHARE * settings.request_timeout_s
        calls = AwsCalls(metrics, breakers=breakers, limit_s=limit_s)
        machines, executions = AwsStateMachines(clients, calls), AwsExecutions(clients, calls)
        catalogue = Catalogue(
            machines, clock, ttl_s=settings.catalogue_ttl_s, known=known_machines(settings)
        )
        recent = RecentStarts(clock)
        bucket = TokenBucket(rate=settings.live_reads_per_s, burst=settings.live_reads_burst)
        reads = PacedReads(AwsHistories(clients, calls), bucket, clock)
        source = Source(catalogue, executions, machines, reads, recent)
        hub = Hub(source, live_limits(settings), clock)
        sockets = SocketRegistry(
            max_sockets=settings.ws_max_sockets,
            heartbeat_s=settings.ws_heartbeat_s,
            metrics=metrics,
        )
        service = ExecutionService(catalogue, executions, hub, recent, new_name)
        tasks = TaskService(hub, AwsTasks(clients, calls), catalogue, clock)
        try:
            yield Services(
                settings=settings,
                metrics=metrics,
                catalogue=catalogue,
                executions=service,
                tasks=tasks,
                links=LinkService(
                    settings.keyring, hub, tasks, catalogue, clock, ttl_s=settings.link_ttl_s
                ),
                signatures=Signatures(settings.webhook_keys, clock),
                hub=hub,
                sockets=sockets,
                reachable=Reachability(machines, clock, quiet_s=lambda: calls.quiet_s).check,
                open_operations=lambda: breakers.open_operations,
                trigger=trigger(settings, service, AwsFunctions(clients, calls)),
                tickets=Tickets(clock),
                auth=auth,
            )
        finally:
            await sockets.close()
            await hub.close()
            await catalogue.close()


def trigger(settings: Settings, executions: ExecutionService, functions: Functions) -> Trigger:
    """What POST /trigger-workflow does."""
    if settings.trigger == "lambda":
        return InvokingTrigger(functions, environment=settings.environment)
    return StartingTrigger(executions, environment=settings.environment)


def known_machines(settings: Settings) -> Mapping[str, KnownMachine]:
    """What `state_machines/` says of each machine, by deployed name."""
    folders = machine_folder.load(settings.state_machines_dir)
    return {
        folder.file.name.replace("${ENVIRONMENT}", settings.environment): KnownMachine(
            folder.file.description, folder.file.input_schema, folder.file.output_schemas
        )
        for folder in folders
    }


def live_limits(settings: Settings) -> LiveLimits:
    return LiveLimits(
        pace=Pace(settings.live_poll_min_s, settings.live_poll_max_s),
        linger_s=settings.live_linger_s,
        log_bytes=settings.live_log_bytes,
        max_watchers=settings.live_max_watchers,
        linker=offered_links(settings),
        patience_s=settings.request_timeout_s / 3,
    )


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


def new_name() -> str:
    """An execution's name where the caller gave none."""
    return str(uuid.uuid4())
