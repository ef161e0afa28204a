"""Composes the service over HTTP and its own sockets: settings become services."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.aws.clients import AwsConfig
from service.aws.lambda_functions import AwsFunctions
from service.aws.step_functions.tasks import AwsTasks
from service.core.ports import Functions
from service.core.shares import RateShares
from service.entrypoints.compose_base import Base, open_base
from service.settings import Settings
from service.usecases.executions import ExecutionService
from service.usecases.in_memory import InMemorySettlements, InMemoryWebhookIds
from service.usecases.machine_folder import Survey
from service.usecases.reachability import Reachability
from service.usecases.signed_links import LinkService
from service.usecases.steering import Steering
from service.usecases.tasks import TaskService
from service.usecases.trigger import InvokingTrigger, StartingTrigger, Trigger
from service.web.live.registry import SocketRegistry
from service.web.services import Services
from service.web.webhook_signatures import Signatures

START_BURST_S = 2
"""A principal may start nothing for so long and then at once what it could have started."""


@asynccontextmanager
async def open_services(
    settings: Settings, config: AwsConfig, survey: Survey | None = None
) -> AsyncIterator[Services]:
    """Opens everything the app needs, and closes it; `survey` is as in `open_base`. Raises
    SettingsError, InvalidDefinition."""
    async with open_base(settings, config, survey) as base:
        services = services_on(base)
        try:
            yield services
        finally:
            await services.sockets.close()


def services_on(base: Base) -> Services:
    """Builds the web's use-cases. Their sockets are to be closed before the base."""
    settings, clock, catalogue, hub = base.settings, base.clock, base.catalogue, base.hub
    executions = ExecutionService(
        catalogue, base.executions, base.recent, base.remote, clock, new_name=new_name
    )
    answers = AwsTasks(base.clients, base.calls)
    tasks = TaskService(hub, answers, catalogue, InMemorySettlements(), clock)
    starts_per_s = settings.principal_starts_per_s
    return Services(
        settings=settings,
        metrics=base.metrics,
        catalogue=catalogue,
        executions=executions,
        steering=Steering(
            catalogue, base.executions, hub, base.recent, clock, addresses=base.addresses
        ),
        tasks=tasks,
        links=LinkService(
            settings.keyring, hub, tasks, catalogue, clock, ttl_s=settings.link_ttl_s
        ),
        signatures=Signatures(settings.webhook_keys, InMemoryWebhookIds(clock)),
        hub=hub,
        sockets=SocketRegistry(
            max_sockets=settings.ws_max_sockets,
            principal_sockets=settings.principal_sockets,
            heartbeat_s=settings.ws_heartbeat_s,
            metrics=base.metrics,
        ),
        reachable=Reachability(base.machines, clock, quiet_s=lambda: base.calls.quiet_s).check,
        open_operations=lambda: base.breakers.open_operations,
        trigger=trigger(settings, executions, AwsFunctions(base.clients, base.calls)),
        tickets=base.tickets,
        addresses=base.addresses,
        auth=base.auth,
        starts=RateShares(starts_per_s, START_BURST_S * starts_per_s),
    )


def trigger(settings: Settings, executions: ExecutionService, functions: Functions) -> Trigger:
    """Builds what POST /trigger-workflow does."""
    if settings.trigger == "lambda":
        return InvokingTrigger(functions, environment=settings.environment)
    return StartingTrigger(executions, environment=settings.environment)


def new_name() -> str:
    """Makes an execution's name where the caller gave none."""
    return str(uuid.uuid4())
