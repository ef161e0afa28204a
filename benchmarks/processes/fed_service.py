"""The service as it runs in production, but for one thing: its history isn't read from AWS, it
grows by an update whenever the clients ask for one. So delivery is measured, not the polls' pace.
Or on another server or loop than in production, to compare.
"""

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

import uvloop

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import open_clients
from handrail.aws.step_functions.executions import AwsExecutions, AwsMapRuns
from handrail.aws.step_functions.state_machines import AwsStateMachines
from handrail.clock import SystemClock
from handrail.core.models import HistoryEvent, Page
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.compose_limits import live_limits
from handrail.entrypoints.signals import stopping
from handrail.server.server import listen
from handrail.settings import Settings
from handrail.telemetry.logs import configure_logs
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.in_memory import InMemoryStarts
from handrail.usecases.live import Hub
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import read_budget
from handrail.usecases.live.source import ExecutionSource

from .demand import Demand
from .sampler import Sampler
from .servers import SERVERS
from .updates import EXECUTION, STARTED_AT, first_events, next_events

UNLIMITED = 1_000_000


class FedHistories:
    """The port `Histories` over one endless history. Reading its end waits until an update is asked
    for, and sees to it that the end is read again."""

    def __init__(self, demand: Demand) -> None:
        self.hub: Hub | None = None
        self._demand = demand
        self._events = first_events()
        self._more = next_events()

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        if not newest_first:
            return Page(tuple(self._events))
        await self._demand.one()
        self._events += next(self._more)
        if self.hub is not None:
            await self.hub.nudge(EXECUTION)
        return Page(tuple(self._events[: -limit - 1 : -1]))


async def main(server: str) -> None:
    settings, clock, demand = Settings.read(), SystemClock(), Demand()
    configure_logs("warning", "json")
    config = aws_config(settings)
    async with open_services(settings, config) as services, open_clients(config) as clients:
        calls, histories, recent = AwsCalls(), FedHistories(demand), InMemoryStarts(clock)
        await recent.add(EXECUTION, STARTED_AT)
        machines = AwsStateMachines(clients, calls)
        budget = read_budget(clock, reads_per_s=UNLIMITED, burst=UNLIMITED)
        source = ExecutionSource(
            Catalogue(machines, clock),
            AwsExecutions(clients, calls),
            histories,
            Definitions(machines, budget),
            budget,
            recent,
            MapRunCounts(AwsMapRuns(clients, calls), budget.map_runs, clock),
        )
        histories.hub = Hub(source, live_limits(settings), clock)
        fed = replace(services, hub=histories.hub)
        listener, stop = listen("127.0.0.1", 0), asyncio.Event()
        print(await demand.listen(), f"ws://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        with stopping(stop):
            await SERVERS[server](fed, settings, listener, stop)
        await histories.hub.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", type=Path, help="where to save where the CPU time went")
    parser.add_argument("--server", choices=SERVERS, default="hypercorn")
    parser.add_argument("--asyncio", action="store_true", help="asyncio's own loop, not uvloop")
    given = parser.parse_args()
    path, sampler = given.profile, Sampler()
    if path:
        sampler.start()
    (asyncio if given.asyncio else uvloop).run(main(given.server))
    if path:
        sampler.save(path)
