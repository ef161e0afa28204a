"""Names of errors under `States.`."""

import json

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state, types
from tests.engine.step_functions.test_tasks import waiting_task

from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("name", ["States.Timeout", "States.Permissions", "States.Whatever"])
async def test_a_task_may_be_told_to_fail_with_any_name(calls: Calls, name: str) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    await calls.sfn.send_task_failure(taskToken=token, error=name, cause="as told")
    ended = await calls.ended(arn)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", name, "as told")
    failed = [e for e in await calls.history(arn) if e["type"] == "TaskFailed"]
    assert [e["taskFailedEventDetails"] for e in failed] == [
        {
            "resourceType": "sqs",
            "resource": "sendMessage.waitForTaskToken",
            "error": name,
            "cause": "as told",
        }
    ]


@pytest.mark.parametrize("taken", ["States.Timeout", "States.ALL"])
async def test_a_task_s_given_failure_is_caught_by_name(calls: Calls, taken: str) -> None:
    arn = await calls.start(await calls.create(caught(waiting_task(), taken)))
    token = await calls.task_token(arn)
    await calls.sfn.send_task_failure(taskToken=token, error="States.Timeout", cause="as told")
    ended = await calls.ended(arn)
    assert json.loads(ended["output"]) == {"Error": "States.Timeout", "Cause": "as told"}


async def test_an_activity_s_given_failure_is_tried_again_by_name(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="failing-by-name"))["activityArn"]
    again = {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}
    state = one_state(Type="Task", Resource=activity, Retry=[again])
    arn = await calls.start(await calls.create(state))
    first = await calls.sfn.get_activity_task(activityArn=activity)
    await calls.sfn.send_task_failure(taskToken=first["taskToken"], error="States.Timeout")
    second = await calls.sfn.get_activity_task(activityArn=activity)
    await calls.sfn.send_task_success(taskToken=second["taskToken"], output="2")
    assert (await calls.ended(arn))["output"] == "2"
    assert types(await calls.history(arn)).count("ActivityFailed") == 1


async def test_a_lambda_function_may_raise_any_name(calls: Calls) -> None:
    definition = caught(one_state(Type="Task", Resource=FUNCTION + "fail-as"), "States.Timeout")
    ended = await calls.run(definition, {"name": "States.Timeout"})
    assert json.loads(ended["output"])["Error"] == "States.Timeout"


async def test_a_fail_state_may_say_any_name(calls: Calls) -> None:
    fail = {"Type": "Fail", "Error": "States.Timeout", "Cause": "too late"}
    ended = await calls.run({"StartAt": "A", "States": {"A": fail}})
    assert (ended["error"], ended["cause"]) == ("States.Timeout", "too late")
