"""What isn't in the account is said to be missing."""

import pytest

from tests.engine.engine_fixture import PASS, Calls, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_executions_of_a_deleted_machine_are_gone(calls: Calls) -> None:
    machine = await calls.create(PASS)
    arn = await calls.start(machine)
    await calls.ended(arn)
    await calls.sfn.delete_state_machine(stateMachineArn=machine)
    for reading in (
        calls.sfn.describe_execution(executionArn=arn),
        calls.sfn.get_execution_history(executionArn=arn),
    ):
        assert (await refusal(reading))[0] == "ExecutionDoesNotExist"


async def test_a_machine_that_does_not_exist_cannot_be_started(calls: Calls) -> None:
    missing = (await calls.create(PASS)) + "-not"
    assert (await refusal(calls.sfn.start_execution(stateMachineArn=missing)))[0] == (
        "StateMachineDoesNotExist"
    )
