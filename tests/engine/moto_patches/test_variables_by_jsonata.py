"""Variables in JSONPath states."""

import json

import pytest

from tests.engine.engine_fixture import Calls, Definition

pytestmark = pytest.mark.asyncio(loop_scope="session")


def assigned(**parameters: str) -> Definition:
    assign = {"list": [{"n": 1}, {"n": 2}], "name.$": "$.name"}
    return {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": assign, "Next": "B"},
            "B": {"Type": "Pass", "Parameters": parameters, "End": True},
        },
    }


async def test_a_path_goes_on_into_a_variable(calls: Calls) -> None:
    definition = assigned(
        **{
            "last.$": "$list[-1].n",
            "some.$": "$list[?(@.n > 1)].n",
            "size.$": "$list.length()",
            "text.$": "States.Format('{} {}', $name, $list[0].n)",
        }
    )
    ended = await calls.run(definition, {"name": "é"})
    assert json.loads(ended["output"]) == {"last": 2, "some": [2], "size": 2, "text": "é 1"}


@pytest.mark.parametrize("path", ["$nope", "$nope.a", "$list[0].nope"])
async def test_one_to_nothing_fails(calls: Calls, path: str) -> None:
    ended = await calls.run(assigned(**{"a.$": path}), {"name": ""})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "could not be found" in ended["cause"]
