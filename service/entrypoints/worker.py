"""Runs `handrail worker`: a worker over AWS, or over AWS_ENDPOINT_URL."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import open_clients
from handrail.aws.step_functions.tasks import AwsActivities, AwsTasks
from handrail.clock import SystemClock
from handrail.core.errors import InvalidRequest
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.signals import stopping
from handrail.settings import Settings, warn_of_old_names
from handrail.worker import Worker
from handrail.worker.answer_delivery import TaskDependencies
from handrail.worker.running import Limits, Running, resolve

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
