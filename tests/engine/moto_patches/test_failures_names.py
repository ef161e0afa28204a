"""Errors are matched by name, whoever raised them and however deep."""

import json
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)

from handrail.engine.moto_patches.failures import MissedHeartbeat, takes
from tests.engine.engine_fixture import FUNCTION, Calls, Definition, one_state, types
from tests.engine.step_functions.test_tasks import waiting_task

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("declared", "error", "taken"),
    [
        ("States.ALL", "Refused", True),
        ("States.ALL", "States.Timeout", True),
        ("States.ALL", "States.Runtime", False),
        ("States.ALL", "States.DataLimitExceeded", True),
        ("States.Runtime", "States.Runtime", True),
        ("States.TaskFailed", "Refused", True),
        ("States.TaskFailed", "States.IntrinsicFailure", True),
        ("States.TaskFailed", "States.Timeout", False),
        ("States.TaskFailed", "States.Runtime", False),
        ("States.HeartbeatTimeout", "States.Timeout", False),
        ("Refused", "Refused", True),
        ("Refused", "Denied", False),
    ],
)
def test_names_and_wildcards(declared: str, error: str, *, taken: bool) -> None:
    known = error.startswith("States.")
    name = StatesErrorName.from_name(error) if known else CustomErrorName(error)
    assert takes({declared}, name) is taken


def test_a_failure_without_a_name_is_taken_by_wildcards_alone() -> None:
    assert takes({"States.ALL"}, None)
    assert not takes({"Refused"}, None)


def test_a_missed_heartbeat_is_a_timeout_with_a_name_of_its_own() -> None:
    assert takes({"States.HeartbeatTimeout"}, MissedHeartbeat())
    assert takes({"States.Timeout"}, MissedHeartbeat())
    assert not takes({"States.TaskFailed"}, MissedHeartbeat())


def caught(definition: Definition, *errors: str) -> Definition:
    """What A fails with, by one of the names, is the output."""
    definition["States"]["A"]["Catch"] = [{"ErrorEquals": list(errors), "Next": "Caught"}]
    definition["States"]["Caught"] = {"Type": "Succeed"}
    return definition


@on_the_engine
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


@on_the_engine
@pytest.mark.parametrize("taken", ["States.Timeout", "States.ALL"])
async def test_a_task_s_given_failure_is_caught_by_name(calls: Calls, taken: str) -> None:
    arn = await calls.start(await calls.create(caught(waiting_task(), taken)))
    token = await calls.task_token(arn)
    await calls.sfn.send_task_failure(taskToken=token, error="States.Timeout", cause="as told")
    ended = await calls.ended(arn)
    assert json.loads(ended["output"]) == {"Error": "States.Timeout", "Cause": "as told"}


@on_the_engine
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


@on_the_engine
async def test_a_lambda_function_may_raise_any_name(calls: Calls) -> None:
    definition = caught(one_state(Type="Task", Resource=FUNCTION + "fail-as"), "States.Timeout")
    ended = await calls.run(definition, {"name": "States.Timeout"})
    assert json.loads(ended["output"])["Error"] == "States.Timeout"


@on_the_engine
async def test_a_fail_state_may_say_any_name(calls: Calls) -> None:
    fail = {"Type": "Fail", "Error": "States.Timeout", "Cause": "too late"}
    ended = await calls.run({"StartAt": "A", "States": {"A": fail}})
    assert (ended["error"], ended["cause"]) == ("States.Timeout", "too late")


def heartbeats(resource: dict[str, Any]) -> Definition:
    state = one_state(Type="Task", HeartbeatSeconds=1, TimeoutSeconds=60, **resource)
    return caught(state, "States.HeartbeatTimeout")


@on_the_engine
async def test_a_missed_heartbeat_is_caught_by_its_own_name(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="forgetful"))["activityArn"]
    callback = waiting_task()["States"]["A"]
    waiting = {key: callback[key] for key in ("Resource", "Parameters")}
    by_callback = await calls.start(await calls.create(heartbeats(waiting)))
    by_activity = await calls.start(await calls.create(heartbeats({"Resource": activity})))
    await calls.sfn.get_activity_task(activityArn=activity)
    for arn in (by_callback, by_activity):
        assert json.loads((await calls.ended(arn))["output"])["Error"] == "States.Timeout"
