"""Retries without an interval."""

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state, refusal, types

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_interval_of_0_is_not_waited_for(calls: Calls) -> None:
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 5}
    state = one_state(Type="Task", Resource=FUNCTION + "fail", Retry=[again])
    ended = await calls.run(state, {"what": "today"})
    events = types(await calls.history(ended["executionArn"]))
    assert events.count("LambdaFunctionFailed") == 6
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() < 5


async def test_a_negative_one_is_refused(calls: Calls) -> None:
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": -1}
    state = one_state(Type="Task", Resource=FUNCTION + "fail", Retry=[again])
    assert (await refusal(calls.create(state)))[0] == "InvalidDefinition"
