"""What `$states` holds, and where."""

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import CAUGHT, catch, echo, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

THERE = {
    "result": "{% $exists($lookup($states, 'result')) %}",
    "error": "{% $exists($lookup($states, 'errorOutput')) %}",
}
"""By names that nobody looks for when the state machine is made."""


async def test_a_task_has_a_result_when_it_is_done(calls: Calls) -> None:
    task = echo(Output=THERE | {"a": "{% $states.result.Payload %}"})
    task["Arguments"]["Payload"] = THERE
    ended = await run(calls, states(A=task))
    assert ended.output["a"] == {"result": False, "error": False}
    assert ended.output["result"] is True
    assert ended.output["error"] is False


async def test_a_catch_has_the_error_alone(calls: Calls) -> None:
    broken = echo(Output="{% $nope %}", Catch=catch("C", Output=THERE))
    ended = await run(calls, states(A=broken, C={"Type": "Pass", "End": True}))
    assert ended.output == {"result": False, "error": True}


async def test_an_error_that_is_not_there_is_nothing(calls: Calls) -> None:
    broken = echo(Output="{% $lookup($states, 'errorOutput') %}", Catch=catch("C"))
    ended = await run(calls, states(A=broken, C=CAUGHT))
    assert ended.output == {"caught": "States.QueryEvaluationError"}


async def test_a_result_that_is_null_is_there(calls: Calls) -> None:
    task = echo(Output="{% $states.result.Payload.n = null %}")
    task["Arguments"]["Payload"] = {"n": None}
    assert (await run(calls, states(A=task))).output is True
