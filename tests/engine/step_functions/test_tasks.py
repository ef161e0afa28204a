import asyncio
import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, Definition, one_state, types

from .test_executions_start import refusal

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


async def test_the_message_is_in_the_queue_that_machine_json_names(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    queue = calls.engine.endpoint_url + "/123456789012/probe-queue"
    tokens: set[str] = set()
    async with asyncio.timeout(20):
        while token not in tokens:
            answer = await calls.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            tokens |= {json.loads(m["Body"])["token"] for m in answer.get("Messages", [])}


async def test_queue_names_may_hold_the_environment(calls: Calls) -> None:
    listed = await calls.sqs.list_queues()
    names = {url.rpartition("/")[2] for url in listed["QueueUrls"]}
    assert {"probe-queue", "probe-test.fifo", "order-approvals"} <= names


async def test_a_repeated_answer_finds_the_task_gone(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    await calls.sfn.send_task_success(taskToken=token, output="{}")
    for again in (
        calls.sfn.send_task_success(taskToken=token, output="{}"),
        calls.sfn.send_task_failure(taskToken=token),
        calls.sfn.send_task_heartbeat(taskToken=token),
    ):
        assert (await refusal(again))[0] == "TaskTimedOut"


async def test_of_many_answers_at_once_one_counts(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    answers = await asyncio.gather(
        *(calls.sfn.send_task_success(taskToken=token, output=str(n)) for n in range(10)),
        return_exceptions=True,
    )
    accepted = [n for n, answer in enumerate(answers) if not isinstance(answer, BaseException)]
    assert len(accepted) == 1
    assert (await calls.ended(arn))["output"] == str(accepted[0])


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


async def test_an_output_must_be_json_and_error_texts_have_a_length(calls: Calls) -> None:
    success = calls.sfn.send_task_success(taskToken="t", output="{")
    assert (await refusal(success))[0] == "InvalidOutput"
    failure = calls.sfn.send_task_failure(taskToken="t", error="e" * 257)
    assert (await refusal(failure))[0] == "ValidationException"


async def test_without_heartbeats_the_task_times_out(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task(HeartbeatSeconds=1, TimeoutSeconds=60)))
    token = await calls.task_token(arn)
    ended = await calls.ended(arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert "TaskTimedOut" in types(await calls.history(arn))
    late = calls.sfn.send_task_success(taskToken=token, output="{}")
    assert (await refusal(late))[0] == "TaskTimedOut"


async def test_a_task_times_out_in_spite_of_heartbeats(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task(HeartbeatSeconds=1, TimeoutSeconds=2)))
    token = await calls.task_token(arn)
    beats = asyncio.create_task(beat(calls, token))
    ended = await calls.ended(arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert await beats > 3, "the heartbeats were refused too early"
    took = ended["stopDate"] - ended["startDate"]
    assert took.total_seconds() >= 2


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


async def beat(calls: Calls, token: str) -> int:
    """Send heartbeats until they are refused; how many were taken."""
    taken = 0
    while True:
        try:
            await calls.sfn.send_task_heartbeat(taskToken=token)
        except calls.sfn.exceptions.TaskTimedOut:
            return taken
        taken += 1
        await asyncio.sleep(0.2)


def worked(activity: str, **state: Any) -> Definition:
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    return one_state(Type="Task", Resource=activity, Retry=[again], **state)


@pytest.mark.parametrize(
    "limits", [{"HeartbeatSeconds": 1, "TimeoutSeconds": 60}, {"TimeoutSeconds": 1}]
)
async def test_a_task_that_timed_out_stays_so_while_it_is_tried_again(
    calls: Calls, limits: dict[str, int]
) -> None:
    activity = (await calls.sfn.create_activity(name=f"silent-{len(limits)}"))["activityArn"]
    arn = await calls.start(await calls.create(worked(activity, **limits)))
    first = await calls.sfn.get_activity_task(activityArn=activity)
    second = await calls.sfn.get_activity_task(activityArn=activity)
    for late in (
        calls.sfn.send_task_heartbeat(taskToken=first["taskToken"]),
        calls.sfn.send_task_success(taskToken=first["taskToken"], output="1"),
    ):
        assert (await refusal(late))[0] == "TaskTimedOut"
    await calls.sfn.send_task_success(taskToken=second["taskToken"], output="2")
    assert (await calls.ended(arn))["output"] == "2"


async def test_heartbeats_end_with_the_state_that_timed_out_in_spite_of_them(
    calls: Calls,
) -> None:
    activity = (await calls.sfn.create_activity(name="busy"))["activityArn"]
    state = worked(activity, HeartbeatSeconds=2, TimeoutSeconds=3)
    arn = await calls.start(await calls.create(state))
    first = await calls.sfn.get_activity_task(activityArn=activity)
    beats = asyncio.create_task(beat(calls, first["taskToken"]))
    second = await calls.sfn.get_activity_task(activityArn=activity)
    assert await asyncio.wait_for(beats, 5) > 3
    await calls.sfn.send_task_success(taskToken=second["taskToken"], output="2")
    assert (await calls.ended(arn))["output"] == "2"


async def test_an_answer_right_after_the_task_was_got_is_heard(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="instant"))["activityArn"]
    machine = await calls.create(worked(activity, HeartbeatSeconds=5))
    arns = [await calls.start(machine) for _ in range(30)]
    for _ in arns:
        task = await calls.sfn.get_activity_task(activityArn=activity)
        await calls.sfn.send_task_success(taskToken=task["taskToken"], output="1")
    for arn in arns:
        assert types(await calls.reached(arn, "ExecutionSucceeded")).count("ActivityStarted") == 1


async def test_a_task_that_nobody_took_in_time_is_given_to_nobody(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="unattended"))["activityArn"]
    state = one_state(Type="Task", Resource=activity, TimeoutSeconds=1)
    first = await calls.start(await calls.create(state), {"n": 1})
    await calls.ended(first)
    await calls.start(await calls.create(state), {"n": 2})
    task = await calls.sfn.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == {"n": 2}


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
