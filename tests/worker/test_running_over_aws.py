"""The worker over the real adapters and a real socket: what goes over the wire."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.step_functions.tasks import AwsActivities, AwsTasks
from handrail.clock import SystemClock
from handrail.worker import Worker
from handrail.worker.answer_delivery import TaskDependencies
from handrail.worker.running import Limits, Running, resolve
from tests.stubs.stepfunctions import StepFunctionsStub, event

DEADLINE_S = 20


@pytest.fixture
async def stub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StepFunctionsStub]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    async with StepFunctionsStub() as stub:
        yield stub


def waiting_task(stub: StepFunctionsStub, token: str, **given: str) -> str:
    """An execution that waits for the activity `review`; answers its ARN."""
    stub.add_machine("order")
    arn = stub.add_execution("order", token)
    stub.append(arn, event("ExecutionStarted", details={"input": "{}"}))
    scheduled = stub.append(arn, event("ActivityScheduled", details={}))
    stub.add_task_token(token, arn, scheduled)
    stub.add_activity_task("review", token, **given)
    return arn


async def work(stub: StepFunctionsStub, worker: Worker, until: asyncio.Event) -> None:
    config = AwsConfig(region="us-east-1", endpoint_url=stub.url, max_attempts=1)
    async with asyncio.timeout(DEADLINE_S), open_clients(config) as clients:
        calls = AwsCalls()
        activities = AwsActivities(clients, calls)
        means = TaskDependencies(AwsTasks(clients, calls), SystemClock(), random.random)
        served = await resolve(worker.registrations("test"), activities, create=True)
        limits = Limits(grace_s=0.2)
        await Running(served, activities, means, name="ada", limits=limits).run(until)


async def test_a_result_and_a_failure_reach_the_history(stub: StepFunctionsStub) -> None:
    worker, done = Worker(), asyncio.Event()
    good, bad = waiting_task(stub, "good", input='"good"'), waiting_task(stub, "bad", input='"bad"')

    @worker.activity("review")
    async def review(input: Any) -> Any:
        if input == "bad":
            raise LookupError("nothing there")
        return {"reviewed": input}

    working = asyncio.create_task(work(stub, worker, done))
    await asyncio.gather(settled(stub, good), settled(stub, bad))
    done.set()
    await working
    assert stub.execution(good).events[-1]["taskSucceededEventDetails"]["output"] == (
        '{"reviewed": "good"}'
    )
    assert stub.execution(bad).events[-1]["taskFailedEventDetails"] == {
        "error": "LookupError",
        "cause": '{"errorMessage": "nothing there", "errorType": "LookupError"}',
    }


async def test_an_answer_lost_on_the_way_back_is_not_applied_twice(
    stub: StepFunctionsStub,
) -> None:
    worker, done = Worker(), asyncio.Event()
    arn = waiting_task(stub, "t1")
    stub.drop_next("SendTaskSuccess", applied=True)
    worker.activity("review")(lambda input: 7)
    working = asyncio.create_task(work(stub, worker, done))
    async with asyncio.timeout(DEADLINE_S):
        while stub.calls["SendTaskSuccess"] < 2:  # noqa: ASYNC110 the stub only counts
            await asyncio.sleep(0.01)
    done.set()
    await working
    kinds = [each["type"] for each in stub.execution(arn).events]
    assert kinds.count("TaskSucceeded") == 1


async def settled(stub: StepFunctionsStub, arn: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not stub.execution(arn).events[-1]["type"].startswith(("TaskS", "TaskF")):  # noqa: ASYNC110 see above
            await asyncio.sleep(0.01)
