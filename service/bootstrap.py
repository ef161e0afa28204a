"""The composition root of the service over HTTP and sockets of its own: Settings → Services."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.aws.clients import AwsConfig
from service.aws.functions import AwsFunctions
from service.aws.tasks import AwsTasks
from service.core.ports import Functions
from service.core.shares import RateShares
from service.foundation import Foundation, open_foundation
from service.settings import Settings
from service.usecases.executions import ExecutionService
from service.usecases.in_memory import InMemorySettlements, InMemoryWebhookIds
from service.usecases.links import LinkService
from service.usecases.machine_folder import Survey
from service.usecases.reachability import Reachability
from service.usecases.recent import Replays
from service.usecases.steering import Steering
from service.usecases.tasks import TaskService
from service.usecases.trigger import InvokingTrigger, StartingTrigger, Trigger
from service.web.registry import SocketRegistry
from service.web.services import Services
from service.web.signatures import Signatures

START_BURST_S = 2
"""A principal may be silent so long and then start at once what it could have started meanwhile."""


@asynccontextmanager
async def open_services(
    settings: Settings, config: AwsConfig, survey: Survey | None = None
) -> AsyncIterator[Services]:
    """Everything the app needs, closed at the end; `survey` as the foundation's. Raises
    SettingsError, InvalidDefinition."""
    async with open_foundation(settings, config, survey) as foundation:
        services = services_on(foundation)
        try:
            yield services
        finally:
            await services.sockets.close()


def services_on(foundation: Foundation) -> Services:
    """The web room's use-cases. Their sockets are to be closed before the foundation."""
    laid, settings = foundation, foundation.settings
    replays = Replays(laid.executions, laid.remote, laid.clock)
    executions = ExecutionService(
        laid.catalogue, laid.executions, laid.recent, replays, laid.clock, new_name=new_name
    )
    tasks = TaskService(
        laid.hub,
        AwsTasks(laid.clients, laid.calls),
        laid.catalogue,
        InMemorySettlements(),
        laid.clock,
    )
    return Services(
        settings=settings,
        metrics=laid.metrics,
        catalogue=laid.catalogue,
        executions=executions,
        steering=Steering(
            laid.catalogue,
            laid.executions,
            laid.hub,
            laid.recent,
            laid.clock,
            addresses=laid.addresses,
        ),
        tasks=tasks,
        links=LinkService(
            settings.keyring, laid.hub, tasks, laid.catalogue, laid.clock, ttl_s=settings.link_ttl_s
        ),
        signatures=Signatures(settings.webhook_keys, InMemoryWebhookIds(laid.clock)),
        hub=laid.hub,
        sockets=SocketRegistry(
            max_sockets=settings.ws_max_sockets,
            principal_sockets=settings.principal_sockets,
            heartbeat_s=settings.ws_heartbeat_s,
            metrics=laid.metrics,
        ),
        reachable=Reachability(laid.machines, laid.clock, quiet_s=lambda: laid.calls.quiet_s).check,
        open_operations=lambda: laid.breakers.open_operations,
        trigger=trigger(settings, executions, AwsFunctions(laid.clients, laid.calls)),
        tickets=laid.tickets,
        addresses=laid.addresses,
        auth=laid.auth,
        starts=RateShares(
            settings.principal_starts_per_s, START_BURST_S * settings.principal_starts_per_s
        ),
    )


def trigger(settings: Settings, executions: ExecutionService, functions: Functions) -> Trigger:
    """What POST /trigger-workflow does."""
    if settings.trigger == "lambda":
        return InvokingTrigger(functions, environment=settings.environment)
    return StartingTrigger(executions, environment=settings.environment)


def new_name() -> str:
    """An execution's name where the caller gave none."""
    return str(uuid.uuid4())
