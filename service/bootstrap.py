"""The composition root: Settings → Services → app, everything opened in one place and closed in
reverse."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from service.aws.calls import AwsCalls
from service.aws.clients import AwsConfig, open_clients
from service.aws.executions import AwsExecutions
from service.aws.histories import AwsHistories
from service.aws.state_machines import AwsStateMachines
from service.aws.tasks import AwsTasks
from service.core.pacing import Pace, TokenBucket
from service.serving.server import ServerLimits, listen, serve, stopping
from service.settings import Settings
from service.telemetry import Metrics
from service.usecases import machine_folder
from service.usecases.catalogue import Catalogue, KnownMachine
from service.usecases.clock import SystemClock
from service.usecases.executions import ExecutionService
from service.usecases.live import Hub, LiveLimits
from service.usecases.live.reader import PacedReads
from service.usecases.live.source import Source
from service.usecases.reachability import Reachability
from service.usecases.recent import RecentStarts
from service.usecases.tasks import TaskService
from service.web.app import create_app
from service.web.registry import SocketRegistry
from service.web.services import Services


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
    async with open_clients(config) as clients:
        calls = AwsCalls(metrics)
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
        try:
            yield Services(
                settings=settings,
                metrics=metrics,
                catalogue=catalogue,
                executions=ExecutionService(catalogue, executions, hub, recent, new_name),
                tasks=TaskService(hub, AwsTasks(clients, calls), catalogue, clock),
                hub=hub,
                sockets=sockets,
                reachable=Reachability(machines, clock).check,
            )
        finally:
            await sockets.close()
            await hub.close()


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
    )


def new_name() -> str:
    """An execution's name where the caller gave none."""
    return str(uuid.uuid4())


async def serve_app(
    settings: Settings,
    config: AwsConfig,
    *,
    host: str,
    port: int,
    ready: Callable[[str, Services], Awaitable[None]],
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is told the URL once requests are taken.

    Raises PortError, SettingsError, InvalidDefinition."""
    listener = listen(host, port)
    with listener:
        stop = asyncio.Event()
        async with open_services(settings, config) as services:
            app = create_app(services)
            bound = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host

            @app.before_serving
            async def announce() -> None:
                await ready(f"http://{shown}:{bound}", services)

            with stopping(stop):
                await serve(
                    app,
                    listener,
                    server_limits(settings),
                    drain=partial(drain, services),
                    stop=stop,
                )


async def drain(services: Services) -> None:
    """Readiness fails from here on; sockets close with 1012, long-polls answer what they have."""
    services.hub.drain()
    await services.sockets.drain(services.settings.drain_window_s)


def server_limits(settings: Settings) -> ServerLimits:
    return ServerLimits(
        keep_alive_s=settings.keep_alive_s,
        graceful_timeout_s=settings.graceful_timeout_s,
        max_message_bytes=settings.ws_max_message_bytes,
    )
