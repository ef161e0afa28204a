"""Whole numbers that are written with a fraction."""

import json

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_whole_number_may_have_a_fraction(calls: Calls) -> None:
    retry = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1.0,
        "MaxAttempts": 3.0,
        "MaxDelaySeconds": 5.0,
    }
    task = one_state(
        "T",
        Type="Task",
        Resource=FUNCTION + "echo",
        TimeoutSeconds=300.0,
        HeartbeatSeconds=5.0,
        Retry=[retry],
    )
    each = one_state(Type="Map", MaxConcurrency=2.0, ItemProcessor=task)
    ran = await calls.run(each, [1.0, 2])
    assert json.loads(ran["output"]) == [1.0, 2]


async def test_a_value_stays_as_it_is(calls: Calls) -> None:
    state = one_state(Type="Wait", Seconds=0.0)
    state["States"]["A"] |= {"Next": "B"}
    del state["States"]["A"]["End"]
    state["States"] |= one_state("B", Type="Pass", Result={"Seconds": 1.0})["States"]
    assert (await calls.run(state))["output"] == '{"Seconds":1.0}'
