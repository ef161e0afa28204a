"""Runs `handrail worker`: a worker over AWS, or over AWS_ENDPOINT_URL."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

from service.aws.calls import AwsCalls
from service.aws.clients import open_clients
from service.aws.step_functions.tasks import AwsActivities, AwsTasks
from service.clock import SystemClock
from service.core.errors import InvalidRequest
from service.entrypoints.compose_aws import aws_config
from service.entrypoints.signals import stopping
from service.settings import Settings, warn_of_old_names
from service.worker import Worker
from service.worker.answer_delivery import TaskDependencies
from service.worker.running import Limits, Running, resolve

Say = Callable[[str], None]


async def run_worker(
    settings: Settings, worker: Worker, *, name: str, limits: Limits, create: bool, say: Say
) -> None:
    """Works until SIGTERM or SIGINT. `create` makes activities that are missing. Raises NotFound
    for one that isn't there, InvalidRequest where none is served, SettingsError, Unavailable and
    UpstreamRefused where AWS can't be asked at the start."""
    warn_of_old_names()
    registrations = worker.registrations(settings.environment)
    if not registrations:
        raise InvalidRequest("The worker serves no activity: decorate with @worker.activity(…).")
    config = aws_config(settings)
    polls = len(registrations) * limits.pollers
    config = replace(config, pool_size=max(config.pool_size, polls, limits.concurrency))
    async with open_clients(config) as clients:
        calls = AwsCalls(limit_s=settings.request_timeout_s, quiet=True)
        activities = AwsActivities(clients, calls)
        means = TaskDependencies(AwsTasks(clients, calls), SystemClock(), random.random)
        served = await resolve(registrations, activities, create=create)
        running = Running(served, activities, means, name=name, limits=limits)
        stop = asyncio.Event()
        with stopping(stop):
            say(f"{name} works on {', '.join(registrations)}")
            await running.run(stop)
