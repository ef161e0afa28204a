"""Tasks that can't be run, and heartbeats that are missed."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, Definition, one_state
from tests.engine.step_functions.test_tasks import waiting_task

from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")


def heartbeats(resource: dict[str, Any]) -> Definition:
    state = one_state(Type="Task", HeartbeatSeconds=1, TimeoutSeconds=60, **resource)
    return caught(state, "States.HeartbeatTimeout")


async def test_a_missed_heartbeat_is_caught_by_its_own_name(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="forgetful"))["activityArn"]
    callback = waiting_task()["States"]["A"]
    waiting = {key: callback[key] for key in ("Resource", "Parameters")}
    by_callback = await calls.start(await calls.create(heartbeats(waiting)))
    by_activity = await calls.start(await calls.create(heartbeats({"Resource": activity})))
    await calls.sfn.get_activity_task(activityArn=activity)
    for arn in (by_callback, by_activity):
        assert json.loads((await calls.ended(arn))["output"])["Error"] == "States.Timeout"


async def test_a_task_that_cannot_be_run_is_caught_as_one_that_failed(calls: Calls) -> None:
    state = one_state(Type="Task", Resource="arn:aws:states:::aws-sdk:braket:listSpins")
    ended = await calls.run(caught(state, "States.TaskFailed"))
    assert json.loads(ended["output"])["Error"] == "Handrail.NotSupported"
