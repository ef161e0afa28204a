"""Parameters and answers in the shapes of the service, seen through integrations."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("pattern", ["", ".sync:2"])
async def test_a_nested_execution_is_started_by_its_pascal_case_parameters(
    calls: Calls, pattern: str
) -> None:
    inner = await calls.create(one_state(Type="Pass", Result={"done": True}))
    ended = await calls.run(
        one_state(
            Type="Task",
            Resource=f"arn:aws:states:::states:startExecution{pattern}",
            Parameters={"StateMachineArn": inner, "Input": {"a": 1}},
        )
    )
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    output: dict[str, Any] = json.loads(ended["output"])
    started = await calls.sfn.describe_execution(executionArn=output["ExecutionArn"])
    assert json.loads(started["input"]) == {"a": 1}
    if pattern:
        assert output["Output"] == {"done": True}


async def test_the_names_of_an_answer_are_in_pascal_case(calls: Calls) -> None:
    activity = await calls.sfn.create_activity(name="shaped")
    ended = await calls.run(
        one_state(
            Type="Task",
            Resource="arn:aws:states:::aws-sdk:sfn:describeActivity",
            Parameters={"ActivityArn": activity["activityArn"]},
        )
    )
    assert json.loads(ended["output"])["Name"] == "shaped"
