"""Counts what becomes of answers to waiting tasks and of their heartbeats."""

from dataclasses import dataclass
from functools import partial

from handrail.core.history.outcomes import NOBODY, Answerer, TaskAnswer
from handrail.core.metered_outcomes import failures_counted
from handrail.core.models import Cursor, ExecutionId
from handrail.core.ports import ExecutionMeter

from .tasks import Settled, TaskService

HEARTBEAT = "heartbeat"


@dataclass(frozen=True, repr=False)  # without slots, which `super` can't be used with
class MeteredTasks(TaskService):
    """A `TaskService` whose settlements and heartbeats are counted, by the token too."""

    meter: ExecutionMeter

    async def settle(
        self,
        execution: str,
        event_id: int,
        answer: TaskAnswer,
        *,
        by: Answerer = NOBODY,
        after: Cursor | None = None,
        there: bool = False,
    ) -> Settled:
        count = partial(self.meter.task_answer, answer.outcome.value)
        with failures_counted(count):
            settled = await super().settle(
                execution, event_id, answer, by=by, after=after, there=there
            )
        count("replayed" if settled.replayed else "applied")
        return settled

    async def heartbeat(
        self, execution: str, event_id: int, *, after: Cursor | None = None
    ) -> ExecutionId:
        with failures_counted(count := partial(self.meter.task_answer, HEARTBEAT)):
            id = await super().heartbeat(execution, event_id, after=after)
        count("applied")
        return id

    async def settle_token(self, token: str, answer: TaskAnswer) -> None:
        with failures_counted(count := partial(self.meter.task_answer, answer.outcome.value)):
            await super().settle_token(token, answer)
        count("applied")

    async def heartbeat_token(self, token: str) -> None:
        with failures_counted(count := partial(self.meter.task_answer, HEARTBEAT)):
            await super().heartbeat_token(token)
        count("applied")
