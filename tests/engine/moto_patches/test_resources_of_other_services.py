"""A Task may have any resource: what can't be run fails, and can be caught."""

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::bedrockagentcore:invokeHarness",
        "arn:aws:swf:us-east-1:123456789012:task:X",
        "foo:bar",
        "${Charge}",
        "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:charge",
        "charge",
    ],
)
async def test_a_resource_that_nothing_runs_fails_its_task(calls: Calls, resource: str) -> None:
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}]
    states = one_state(Type="Task", Resource=resource, Catch=catch)["States"]
    states |= one_state("B", Type="Pass")["States"]
    del states["A"]["End"]
    states["A"]["Next"] = "B"

    ended = await calls.run({"StartAt": "A", "States": states})

    assert ended["status"] == "SUCCEEDED"
    assert "Handrail.NotSupported" in ended["output"]
    assert resource in ended["output"]
