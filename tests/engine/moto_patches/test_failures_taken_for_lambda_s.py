"""Tasks and Maps that break before they do anything."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state, types

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("state", "entered"),
    [
        (
            {"Type": "Task", "Resource": FUNCTION + "echo", "Parameters": {"a.$": "$.nope"}},
            "TaskStateEntered",
        ),
        (
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl.$": "$.nope", "MessageBody": "a"},
            },
            "TaskStateEntered",
        ),
        (
            {"Type": "Map", "ItemsPath": "$.nope", "ItemProcessor": one_state("Item", Type="Pass")},
            "MapStateEntered",
        ),
    ],
)
async def test_the_history_has_nothing_of_it_but_its_entry(
    calls: Calls, state: dict[str, Any], entered: str
) -> None:
    ended = await calls.run(one_state(**state))
    assert ended["error"] == "States.Runtime"
    events = types(await calls.history(ended["executionArn"]))
    assert events == ["ExecutionStarted", entered, "ExecutionFailed"]
