"""A service for executions on fakes."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from itertools import count

from handrail.clock import Clock
from handrail.core.models import Json, MachineType, StartedExecution
from handrail.core.remote_clock import RemoteClock
from handrail.core.trace_context import TraceContext
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.executions import ExecutionService, NewExecution, Started
from handrail.usecases.in_memory import InMemoryStarts
from handrail.usecases.lag import OwnWrites
from handrail.usecases.machine_folder import KnownMachine
from tests.fakes import FakeExecutions, machine

from .live.stage import Stage, arn_of


class ExpressExecutions(FakeExecutions):
    """Every start is an execution of its own, with a run in its ARN."""

    async def start(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> StartedExecution:
        if not machine_arn.endswith("quick"):
            return await super().start(machine_arn, name=name, input=input, trace=trace)
        self.calls.append("start")
        run = f"run-{len(self.calls)}"
        return StartedExecution(arn_of(f"quick:{name}:{run}"), self._clock.now(), 0, 0)


def told_the_time(clock: Clock, remote: RemoteClock | None = None) -> RemoteClock:
    """Answers came just before and just after one of AWS's seconds began."""
    remote, now, at = remote or RemoteClock(), clock.now(), clock.monotonic()
    began = now.replace(microsecond=0)
    at -= (now - began).total_seconds()
    remote.heard(began, asked_at=at, answered_at=at)
    remote.heard(began - timedelta(seconds=1), asked_at=at - 0.0001, answered_at=at - 0.0001)
    return remote


class Setting:
    def __init__(self) -> None:
        self.stage = Stage()
        self.clock = self.stage.clock
        self.machines = self.stage.machines
        self.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
        self.aws = ExpressExecutions(self.clock)
        known = {"orders": KnownMachine(input_schema={"not": {"const": "forbidden"}})}
        self.catalogue = Catalogue(self.machines, self.clock, known=known)
        self.service = self.another_process()

    def another_process(self, *, knows_the_time: bool = True) -> ExecutionService:
        """One that started nothing itself."""
        names = count(1)
        self.aws.remote = told_the_time(self.clock) if knows_the_time else RemoteClock()
        return ExecutionService(
            self.catalogue,
            self.aws,
            InMemoryStarts(self.clock),
            self.aws.remote,
            self.clock,
            OwnWrites(self.clock),
            new_name=lambda: f"generated-{next(names)}",
        )

    async def start(
        self, input: Json = None, *, name: str | None = None, key: str | None = None
    ) -> Started:
        return await self.service.start(NewExecution("orders", input, name, key))

    async def patient(self, start: Awaitable[Started]) -> Started:
        """A start that is answered once some time has passed."""
        task = asyncio.ensure_future(start)
        await self.clock.advance(3)
        return await task

    @property
    def names(self) -> list[str | None]:
        """The names AWS was asked to start executions by."""
        return [call.given["name"] for call in self.aws.log if call.operation == "start"]
