"""A waiting task is settled once, and stays over once it is."""

import asyncio
import json
from typing import Any

import pytest

from tests.engine.engine_fixture import (
    Calls,
    Definition,
    one_state,
    refusal,
    types,
)
from tests.engine.step_functions.test_tasks import waiting_task

pytestmark = pytest.mark.asyncio(loop_scope="session")


def worked(activity: str, **state: Any) -> Definition:
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    return one_state(Type="Task", Resource=activity, Retry=[again], **state)


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


@pytest.mark.parametrize(
    "limits", [{"HeartbeatSeconds": 2, "TimeoutSeconds": 60}, {"TimeoutSeconds": 2}]
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
