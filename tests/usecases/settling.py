"""A task service on fakes, one or more replicas of it, and an AWS that takes one answer a token."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from handrail.core.errors import (
    RepetitionRefused,
    ServiceError,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    Unavailable,
)
from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.history.projection import Projection
from handrail.core.models import ExecutionId, Json
from handrail.core.pacing import Pace
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.in_memory import InMemorySettlements, InMemoryStarts
from handrail.usecases.live import Hub, LiveLimits
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import read_budget
from handrail.usecases.live.source import ExecutionSource
from handrail.usecases.machine_folder import KnownMachine
from handrail.usecases.tasks import Settled, TaskService
from tests.core.histories import History, Track
from tests.core.made_up_tokens import OLD, aws_token
from tests.fakes import (
    FakeClock,
    FakeExecutions,
    FakeHistories,
    FakeMapRuns,
    FakeStateMachines,
    machine,
    run_until_idle,
)

from .live.stage import ID, MIDDLE, arn_of

TOKEN = aws_token(404, form=OLD, seed=41)
QUEUE = "sendMessage.waitForTaskToken"
DEFINITION = {
    "StartAt": "Ask",
    "States": {
        name: {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
        for name in ("Ask", "Review")
    },
}
STEP_S = 0.05
Given = TypeVar("Given")


class Fault(StrEnum):
    """What goes wrong with one call."""

    LOST = "applied, and the answer lost"
    REPEATED = "applied, the answer lost, and the repetition refused"
    UNSENT = "not applied, and no answer"
    THROTTLED = "refused for now"


@dataclass
class Waiting:
    """A task whose token AWS knows."""

    track: Track
    over: bool = False


class FakeTasks:
    """A token is good for one answer, which the history then shows. Faults are used up one a call;
    `turns` are how long a call takes before and after it takes effect."""

    def __init__(self) -> None:
        self.waiting: dict[str, Waiting] = {}
        self.faults: deque[Fault | None] = deque()
        self.turns: deque[int] = deque()
        self.sent: list[Mapping[str, Json]] = []
        self.heartbeats = 0

    async def succeed(self, token: str, *, output: str) -> None:
        await self._settle(token, "TaskSucceeded", {"output": output})

    async def fail(self, token: str, *, error: str | None, cause: str | None) -> None:
        details = {key: text for key, text in (("error", error), ("cause", cause)) if text}
        await self._settle(token, "TaskFailed", details)

    async def heartbeat(self, token: str) -> None:
        self._found(token)
        self.heartbeats += 1

    async def _settle(self, token: str, type_: str, details: dict[str, str]) -> None:
        fault = self.faults.popleft() if self.faults else None
        self.sent.append({"token": token, **details})
        await self._pass()
        if fault is Fault.THROTTLED:
            raise Throttled("AWS takes no more of these calls for now.")
        if fault is Fault.UNSENT:
            raise Unavailable("AWS can't be reached or doesn't answer.")
        self._apply(token, type_, details, repeated=fault is Fault.REPEATED)
        await self._pass()
        if fault is Fault.LOST:
            raise Unavailable("AWS can't be reached or doesn't answer.")

    def _apply(self, token: str, type_: str, details: dict[str, str], *, repeated: bool) -> None:
        if repeated:
            if not self.waiting[token].over:
                self._apply(token, type_, details, repeated=False)
            raise RepetitionRefused("The task is over.")
        task = self._found(token)
        task.over = True
        task.track.then(type_, **details)

    def _found(self, token: str) -> Waiting:
        if (task := self.waiting.get(token)) is None:
            raise TaskNotFound("There is no such task.")
        if task.over:
            raise TaskTimedOut("The task is over.")
        return task

    async def _pass(self) -> None:
        for _ in range(self.turns.popleft() if self.turns else 0):
            await asyncio.sleep(0)


class LaggingHistories(FakeHistories):
    """Shows what is written to a history only `lag` reads of it later."""

    def __init__(self) -> None:
        super().__init__()
        self.lag = 0
        self._shown: list[int] = []

    async def read_page(self, execution_arn: str, **asked: Any) -> Any:
        self._shown.append(len(self.events.get(execution_arn, ())))
        visible = self._shown[max(0, len(self._shown) - 1 - self.lag)]
        self.missing = {event.id for event in self.events.get(execution_arn, ())[visible:]}
        return await super().read_page(execution_arn, **asked)


class Setting:
    """One execution that has just started, and a service that can settle its tasks."""

    def __init__(
        self, known: KnownMachine | None = None, histories: LaggingHistories | None = None
    ) -> None:
        self.clock = FakeClock()
        self.histories = histories or LaggingHistories()
        self.history = History()
        self.histories.events[arn_of(ID)] = self.history.events
        self.machines = FakeStateMachines(machine("orders"))
        self.machines.definitions["orders"] = json.dumps(DEFINITION)
        self.catalogue = Catalogue(
            self.machines, self.clock, known={"orders": known or KnownMachine()}
        )
        self.executions, recent = FakeExecutions(self.clock), InMemoryStarts(self.clock)
        self.executions.add(ID)
        self.histories.clock = self.clock
        budget = read_budget(self.clock, reads_per_s=1000, burst=10_000)
        self.source = ExecutionSource(
            self.catalogue,
            self.executions,
            self.histories,
            Definitions(self.machines, budget),
            budget,
            recent,
            MapRunCounts(FakeMapRuns(), budget.map_runs, self.clock),
        )
        self.aws = FakeTasks()
        self.hubs: list[Hub] = []
        self.service = self.another_process()

    def another_process(self) -> TaskService:
        """A replica, or the service after a restart: it shares the history and nothing else."""
        limits = LiveLimits(Pace(0.25, 10), max_watchers=100)
        hub = Hub(self.source, limits, self.clock, random=lambda: MIDDLE)
        self.hubs.append(hub)
        return TaskService(hub, self.aws, self.catalogue, InMemorySettlements(), self.clock)

    def start_again(self) -> None:
        """AWS has forgotten the execution, and another one has its name."""
        self.history = History(begin=self.clock.now())
        self.histories.events[arn_of(ID)] = self.history.events
        self.executions.add(ID, started_at=self.clock.now())

    async def close(self) -> None:
        for hub in self.hubs:
            await hub.close()

    def wait(self, state: str = "Ask", *, token: str = TOKEN, track: Track | None = None) -> int:
        """A state that waits for a callback; its task's event id."""
        track = (track or self.history.main).enter("Task", state)
        return self.schedule({"MessageBody": {"token": token}}, token=token, track=track)

    def schedule(
        self,
        parameters: Json,
        *,
        token: str = TOKEN,
        track: Track | None = None,
        type: str = "sqs",
        resource: str = QUEUE,
        **details: Json,
    ) -> int:
        """One more attempt of the state at hand; its task's event id."""
        track = track or self.history.main
        text = json.dumps(parameters)
        track.then(
            "TaskScheduled", resourceType=type, resource=resource, parameters=text, **details
        )
        event_id = track.last
        track.then("TaskStarted").then("TaskSubmitted", output="{}")
        self.aws.waiting[token] = Waiting(track)
        return event_id

    def end(self, token: str = TOKEN) -> None:
        """AWS takes no answer to this token any more."""
        self.aws.waiting[token].over = True

    @property
    def read_count(self) -> int:
        return len(self.histories.reads)

    async def in_time(self, call: Awaitable[Given]) -> Given:
        """The call's result; time passes as long as it takes."""
        task = asyncio.ensure_future(call)
        await run_until_idle()
        while not task.done():
            await self.clock.advance(STEP_S)
        return task.result()

    async def settle(
        self, event_id: int, answer: TaskAnswer, *, service: TaskService | None = None
    ) -> Settled:
        return await self.in_time((service or self.service).settle(ID, event_id, answer))

    async def refusal(
        self, event_id: int, answer: TaskAnswer, *, service: TaskService | None = None
    ) -> ServiceError:
        """Why the task doesn't take this answer."""
        try:
            settled = await self.settle(event_id, answer, service=service)
        except ServiceError as error:
            return error
        raise AssertionError(f"it was settled: {settled}")

    def outcomes(self) -> list[str]:
        """The types of the events that settled a task, of all there are."""
        ends = {"TaskSucceeded", "TaskFailed", "TaskTimedOut"}
        return [event.type for event in self.history.events if event.type in ends]

    def truth(self, event_id: int) -> bytes:
        """The fingerprint of the outcome that stands in the history, tokens and all."""
        projection = Projection()
        projection.fold(self.history.events)
        return projection.settled[event_id].fingerprint


def yes(output: str = '{"approved":true}') -> TaskAnswer:
    return TaskAnswer(Outcome.SUCCESS, output=output)


def no(error: str = "Denied", cause: str = "too dear") -> TaskAnswer:
    return TaskAnswer(Outcome.FAILURE, error=error, cause=cause)


def id_of(settled: Settled) -> tuple[ExecutionId, int, str, Outcome]:
    return settled.execution, settled.event_id, settled.state, settled.outcome
