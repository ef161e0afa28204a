"""Waiting tasks on the embedded engine, settled where they stand through the whole service."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from handrail.aws.clients import AwsConfig
from handrail.core.errors import ServiceError, TaskAlreadySettled, TaskTimedOut
from handrail.core.history.facts import PendingTask
from handrail.core.models import ExecutionId
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
from handrail.usecases.tasks import Settled, failure, success
from handrail.web.services import Services
from tests.engine.engine_fixture import Calls, Definition, eventually, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = 50
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/order-approvals-test"
SQS = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
BY_PATH = {"QueueUrl": QUEUE_URL, "MessageBody": {"deep": [{"token.$": "$$.Task.Token"}]}}
BY_JSONATA = {"QueueUrl": QUEUE_URL, "MessageBody": "{% $string($states.context.Task) %}"}
ASK: Definition = {"Type": "Task", "Resource": SQS, "Parameters": BY_PATH, "End": True}


@dataclass(slots=True)
class Running:
    """A service in front of the engine, and how its calls to AWS are counted."""

    services: Services
    calls: Calls
    arns: dict[str, str] = field(default_factory=dict)

    async def start(self, definition: Definition, input: Any = None) -> str:
        """A new execution's id."""
        arn = await self.calls.start(await self.calls.create(definition), input)
        id = str(ExecutionId.parse(arn))
        self.arns[id] = arn
        return id

    async def waiting(self, id: str, count: int = 1) -> tuple[PendingTask, ...]:
        """The tasks that wait, once there are so many."""

        async def look() -> tuple[PendingTask, ...] | None:
            async with self.services.hub.watching(id) as watcher:
                tasks = watcher.require_feed().projection.tasks
                return tasks if len(tasks) >= count else None

        return await eventually(look)

    def made(self, operation: str) -> float:
        """How often AWS was called."""
        sample = {"operation": operation, "outcome": "ok"}
        return (
            self.services.metrics.registry.get_sample_value("handrail_aws_calls_total", sample) or 0
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(calls: Calls) -> AsyncIterator[Running]:
    async with a_service(calls) as running:
        yield running


@asynccontextmanager
async def a_service(calls: Calls) -> AsyncIterator[Running]:
    engine = calls.engine
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", engine.access_key_id)
        environment.setenv("AWS_SECRET_ACCESS_KEY", engine.secret_access_key)
        environment.delenv("AWS_PROFILE", raising=False)
        settings = Settings(live_reads_per_s=1000, live_reads_burst=1000, live_poll_max_s=1)
        config = AwsConfig(region=engine.region, endpoint_url=engine.endpoint_url)
        async with open_services(settings, config) as services:
            yield Running(services, calls)


async def test_fifty_iterations_are_each_settled_once_however_often(running: Running) -> None:
    ask = {"StartAt": "Ask", "States": {"Ask": ASK}}
    each = one_state(Type="Map", ItemsPath="$.items", ItemProcessor=ask)
    id = await running.start(each, {"items": list(range(ITEMS))})
    tasks = await running.waiting(id, ITEMS)
    assert len({task.event_id for task in tasks}) == ITEMS
    reads, sends = running.made("GetExecutionHistory"), running.made("SendTaskSuccess")
    settled = await asyncio.gather(
        *(
            running.services.tasks.settle(id, task.event_id, success({"by": task.event_id}))
            for task in tasks
            for _ in range(2)
        )
    )
    assert Counter(each.replayed for each in settled) == {False: ITEMS, True: ITEMS}
    assert running.made("SendTaskSuccess") - sends == ITEMS
    assert running.made("GetExecutionHistory") - reads <= 5
    described = await running.calls.ended(running.arns[id])
    async with a_service(running.calls) as restarted:
        again = await asyncio.gather(
            *(
                restarted.services.tasks.settle(id, task.event_id, success({"by": task.event_id}))
                for task in tasks
            )
        )
        assert all(each.replayed for each in again)
        assert restarted.made("GetExecutionHistory") <= 5
    assert described["status"] == "SUCCEEDED"
    assert all(str(task.event_id) in described["output"] for task in tasks)


@pytest.mark.parametrize(
    "state", [ASK, {**ASK, "Parameters": None, "QueryLanguage": "JSONata", "Arguments": BY_JSONATA}]
)
async def test_a_task_is_settled_and_a_restarted_service_knows(
    running: Running, state: Definition
) -> None:
    id = await running.start(one_state(**{k: v for k, v in state.items() if v is not None}))
    (task,) = await running.waiting(id)
    assert not (await settle(running, id, task)).replayed
    assert (await settle(running, id, task)).replayed
    await running.calls.ended(running.arns[id])
    async with a_service(running.calls) as restarted:
        assert (await settle(restarted, id, task)).replayed
        error = await refused(restarted, id, task, {"another": "outcome"})
        assert isinstance(error, TaskAlreadySettled)


async def test_of_two_replicas_one_settles_each_branch(running: Running) -> None:
    branches = [{"StartAt": name, "States": {name: ASK}} for name in ("Left", "Right")]
    id = await running.start(one_state(Type="Parallel", Branches=branches))
    tasks = await running.waiting(id, 2)
    assert {task.state for task in tasks} == {"Left", "Right"}
    async with a_service(running.calls) as replica:
        settled = await asyncio.gather(
            *(settle(each, id, task) for task in tasks for each in (running, replica))
        )
    assert Counter(each.replayed for each in settled) == {False: 2, True: 2}
    assert (await running.calls.ended(running.arns[id]))["status"] == "SUCCEEDED"


async def test_every_attempt_is_a_task_of_its_own(running: Running) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    id = await running.start(one_state(**ASK, Retry=[retry]))
    (first,) = await running.waiting(id)
    assert not (await fail(running, id, first)).replayed

    async def another() -> PendingTask | None:
        (task,) = await running.waiting(id)
        return task if task.event_id != first.event_id else None

    second = await eventually(another)
    assert isinstance(await refused(running, id, first), TaskAlreadySettled)
    assert (await fail(running, id, first)).replayed
    assert not (await settle(running, id, second)).replayed


async def test_a_task_that_timed_out_says_so(running: Running) -> None:
    id = await running.start(one_state(**ASK, TimeoutSeconds=1))
    events = await running.calls.reached(running.arns[id], "TaskTimedOut")
    (scheduled,) = (event["id"] for event in events if event["type"] == "TaskScheduled")
    with pytest.raises(TaskTimedOut):
        await running.services.tasks.settle(id, scheduled, success(None))


async def settle(running: Running, id: str, task: PendingTask, output: Any = None) -> Settled:
    return await running.services.tasks.settle(id, task.event_id, success(output))


async def fail(running: Running, id: str, task: PendingTask) -> Settled:
    return await running.services.tasks.settle(id, task.event_id, failure("No", "too dear"))


async def refused(running: Running, id: str, task: PendingTask, output: Any = None) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await settle(running, id, task, output)
    return caught.value
