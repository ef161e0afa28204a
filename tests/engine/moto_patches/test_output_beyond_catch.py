"""An Output that can't be evaluated."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import CAUGHT, ITEM, catch, echo, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO: dict[str, Any] = {"Output": {"x": "{% $nope %}"}, "End": True}
BRANCHES = [{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}]


@pytest.mark.parametrize(
    "state",
    [
        echo(**NO),
        {"Type": "Parallel", "Branches": BRANCHES, **NO},
        {"Type": "Map", "Items": [1], "ItemProcessor": ITEM, **NO},
    ],
    ids=["Task", "Parallel", "Map"],
)
async def test_it_is_caught(calls: Calls, state: dict[str, Any]) -> None:
    ended = await run(
        calls, states(A=state | {"Catch": catch("C", "States.QueryEvaluationError")}, C=CAUGHT)
    )
    assert ended.output == {"caught": "States.QueryEvaluationError"}
    assert ended.types.count("EvaluationFailed") == 1
