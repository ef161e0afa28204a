import pytest

from tests.engine.engine_fixture import Calls, types

from .task_runs import task


@pytest.mark.asyncio(loop_scope="session")
async def test_an_activity_that_is_not_there_is_named(calls: Calls) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:activity:never-created"
    ended = await calls.run(task(arn))
    assert ended["error"] == "States.Runtime"
    assert ended["cause"] == (
        "An error occurred while executing the state 'A' (entered at the event id #2). "
        f"The activity {arn} does not exist."
    )
    seen = types(await calls.history(ended["executionArn"]))
    assert seen == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
