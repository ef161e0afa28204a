import asyncio
import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, Definition, one_state, refusal, types

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/probe-queue"


def waiting_task(**state: Any) -> Definition:
    return one_state(
        Type="Task",
        Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters={"QueueUrl": QUEUE_URL, "MessageBody": {"token.$": "$$.Task.Token"}},
        **state,
    )


async def test_a_success_is_the_output_of_the_task(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    await calls.sfn.send_task_success(taskToken=token, output='{"approved":true}')
    assert json.loads((await calls.ended(arn))["output"]) == {"approved": True}


async def test_a_failure_has_error_and_cause(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    await calls.sfn.send_task_failure(taskToken=token, error="Denied", cause="too dear")
    ended = await calls.ended(arn)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Denied", "too dear")


async def test_the_token_of_a_stopped_execution_is_gone(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    await calls.sfn.stop_execution(executionArn=arn)
    answer = calls.sfn.send_task_success(taskToken=token, output="{}")
    assert (await refusal(answer))[0] == "TaskTimedOut"


async def test_an_unknown_token_is_invalid(calls: Calls) -> None:
    for answer in (
        calls.sfn.send_task_success(taskToken="unknown", output="{}"),
        calls.sfn.send_task_failure(taskToken="unknown"),
        calls.sfn.send_task_heartbeat(taskToken="unknown"),
    ):
        assert (await refusal(answer))[0] == "InvalidToken"


async def test_an_execution_times_out_as_a_whole(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task() | {"TimeoutSeconds": 1}))
    token = await calls.task_token(arn)
    assert (await calls.ended(arn))["status"] == "TIMED_OUT"
    assert types(await calls.history(arn))[-1] == "ExecutionTimedOut"
    late = calls.sfn.send_task_success(taskToken=token, output="{}")
    assert (await refusal(late))[0] == "TaskTimedOut"


async def test_an_activity_hands_its_task_to_a_worker(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="inspect"))["activityArn"]
    polling = asyncio.create_task(
        calls.sfn.get_activity_task(activityArn=activity, workerName="Ada")
    )
    arn = await calls.start(await calls.create(one_state(Type="Task", Resource=activity)), {"n": 1})
    task = await polling
    assert json.loads(task["input"]) == {"n": 1}
    await calls.sfn.send_task_success(taskToken=task["taskToken"], output='{"n":2}')
    assert json.loads((await calls.ended(arn))["output"]) == {"n": 2}
    started = [e for e in await calls.history(arn) if e["type"] == "ActivityStarted"]
    assert started[0]["activityStartedEventDetails"] == {"workerName": "Ada"}


async def test_activities_can_be_listed_described_and_deleted(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="short-lived"))["activityArn"]
    described = await calls.sfn.describe_activity(activityArn=activity)
    listed = await calls.sfn.list_activities()
    assert described["name"] == "short-lived"
    assert activity in [item["activityArn"] for item in listed["activities"]]
    await calls.sfn.delete_activity(activityArn=activity)
    code, _ = await refusal(calls.sfn.describe_activity(activityArn=activity))
    assert code == "ActivityDoesNotExist"


async def test_a_worker_that_went_away_takes_no_task_with_it(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="forsaken"))["activityArn"]
    polls = [
        asyncio.create_task(calls.sfn.get_activity_task(activityArn=activity)) for _ in range(5)
    ]
    await asyncio.wait(polls, timeout=0.3)
    for poll in polls:
        poll.cancel()
    await asyncio.wait(polls)
    await calls.start(await calls.create(one_state(Type="Task", Resource=activity)), {"n": 1})
    task = await asyncio.wait_for(calls.sfn.get_activity_task(activityArn=activity), 5)
    assert json.loads(task["input"]) == {"n": 1}
