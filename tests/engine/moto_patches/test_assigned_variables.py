"""What the history tells of assigned variables, and how much they may hold."""

import json

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import jsonata, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_assigned_values_are_json(calls: Calls) -> None:
    values = {"text": 'a "b" \\ ü', "list": [1, None], "number": 1.5}
    ended = await run(calls, jsonata(Type="Pass", Assign=values))
    told = ended.details("StateExited")[0]["assignedVariables"]
    assert {name: json.loads(text) for name, text in told.items()} == values


async def test_a_variable_holds_256_kib(calls: Calls) -> None:
    text = "{% $pad('', $states.input, 'x') %}"
    definition = jsonata(Type="Pass", Assign={"v": text}, Output={})
    assert (await run(calls, definition, 262_142)).status == "SUCCEEDED"
    ended = await run(calls, definition, 262_143)
    assert ended.error == "States.DataLimitExceeded"
    assert "variable 'v'" in str(ended.cause)


async def test_all_variables_hold_10_mib(calls: Calls) -> None:
    text = "{% $pad('', 262000, 'x') %}"
    definition = jsonata(Type="Pass", Assign={f"v{n}": text for n in range(41)}, Output={})
    ended = await run(calls, definition)
    assert ended.error == "States.DataLimitExceeded"
    assert "in all" in str(ended.cause)


async def test_an_iteration_does_not_assign_a_variable_outside(calls: Calls) -> None:
    inside = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Assign": {"x": 2}, "End": True}}}
    ended = await run(
        calls,
        states(
            A={"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
            M={"Type": "Map", "Items": [1], "ItemProcessor": inside, "End": True},
        ),
    )
    assert ended.error == "States.Runtime"
    assert "variable 'x' belongs to the scope outside" in str(ended.cause)
