"""Arguments of a Parallel that can't be evaluated."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import CAUGHT, catch, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

BRANCHES = [{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}]


def parallel(arguments: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Arguments": arguments, "Branches": BRANCHES, **fields}


@pytest.mark.parametrize("arguments", [{"x": "{% $nope %}"}, "{% $nope %}"])
async def test_they_are_caught(calls: Calls, arguments: Any) -> None:
    ended = await run(
        calls,
        states(
            A=parallel(arguments, End=True, Catch=catch("C", "States.QueryEvaluationError")),
            C=CAUGHT,
        ),
    )
    assert ended.output == {"caught": "States.QueryEvaluationError"}
    assert ended.types[1:5] == [
        "ParallelStateEntered",
        "EvaluationFailed",
        "ParallelStateFailed",
        "ParallelStateExited",
    ]
    at = "Arguments/x" if isinstance(arguments, dict) else "Arguments"
    assert [of["location"] for of in ended.details("EvaluationFailed")] == [at]


async def test_branches_take_what_they_gave(calls: Calls) -> None:
    ended = await run(calls, states(A=parallel("{% $states.input.a %}", End=True)), {"a": [1]})
    assert ended.output == [[1]]
