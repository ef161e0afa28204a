"""A service for executions on fakes."""

from itertools import count

from service.core.models import Json, MachineType, StartedExecution
from service.usecases.catalogue import Catalogue, KnownMachine
from service.usecases.executions import ExecutionService, Start, Started
from service.usecases.recent import RecentStarts
from tests.fakes import FakeExecutions, machine

from .live.stage import Stage, arn_of


class ExpressExecutions(FakeExecutions):
    """Every start is an execution of its own, with a run in its ARN."""

    async def start(self, machine_arn: str, *, name: str, input: str) -> StartedExecution:
        if not machine_arn.endswith("quick"):
            return await super().start(machine_arn, name=name, input=input)
        self.calls.append("start")
        run = f"run-{len(self.calls)}"
        return StartedExecution(arn_of(f"quick:{name}:{run}"), self._clock.now(), 0.1)


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

    def another_process(self) -> ExecutionService:
        names = count(1)
        return ExecutionService(
            self.catalogue,
            self.aws,
            self.stage.hub,
            RecentStarts(self.clock),
            lambda: f"generated-{next(names)}",
        )

    async def start(
        self, input: Json = None, *, name: str | None = None, key: str | None = None
    ) -> Started:
        return await self.service.start(Start("orders", input, name, key))

    @property
    def names(self) -> list[str | None]:
        """The names AWS was asked to start executions by."""
        return [call.given["name"] for call in self.aws.log if call.operation == "start"]
