"""Every field of a distributed Map is taken, in both query languages."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, Definition

pytestmark = pytest.mark.asyncio(loop_scope="session")


def distributed(**state: Any) -> Definition:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    map_state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    return {"StartAt": "M", "States": {"M": {**map_state, **state}}}


SELECTED = {"item.$": "$$.Map.Item", "all.$": "$"}
ITEM = {"Index": 0, "Key": "a", "Value": 1, "Source": "STATE_DATA"}
FAILS = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}


@pytest.mark.parametrize(
    ("state", "given", "output"),
    [
        ({}, {"a": 1}, [{"Key": "a", "Value": 1}]),
        ({"ItemSelector": SELECTED}, {"a": 1}, [{"item": ITEM, "all": {"a": 1}}]),
        (
            {"ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"n.$": "$[0]"}}},
            [7, 8, 9],
            [
                {"BatchInput": {"n": 7}, "Items": [7, 8]},
                {"BatchInput": {"n": 7}, "Items": [9]},
            ],
        ),
        ({"ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN"}}}, [[1], [2]], [1, 2]),
        ({"ToleratedFailurePercentage": 5}, [1], [1]),
    ],
)
async def test_by_paths(calls: Calls, state: dict[str, Any], given: Any, output: list[Any]) -> None:
    ended = await calls.run(distributed(**state), given)
    assert json.loads(ended["output"]) == output


@pytest.mark.parametrize(
    ("state", "given", "output"),
    [
        ({}, {"a": 1}, [{"Key": "a", "Value": 1}]),
        (
            {
                "ItemBatcher": {
                    "MaxItemsPerBatch": "{% 1 + 1 %}",
                    "BatchInput": "{% $states.input %}",
                }
            },
            [1, 2],
            [{"BatchInput": [1, 2], "Items": [1, 2]}],
        ),
        (
            {"ItemSelector": {"i": "{% $states.context.Map.Item.Index %}"}},
            ["x"],
            [{"i": 0}],
        ),
    ],
)
async def test_by_expressions(
    calls: Calls, state: dict[str, Any], given: Any, output: list[Any]
) -> None:
    fields = {"QueryLanguage": "JSONata", "Items": "{% $states.input %}", **state}
    ended = await calls.run(distributed(**fields), given)
    assert json.loads(ended["output"]) == output


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({"ToleratedFailureCount": "{% 3 %}"}, "SUCCEEDED"),
        ({"ToleratedFailureCount": "{% 2 %}"}, "FAILED"),
        ({"ToleratedFailurePercentage": "{% 99.5 %}"}, "FAILED"),
        ({"ToleratedFailurePercentage": "{% 100 %}"}, "SUCCEEDED"),
    ],
)
async def test_tolerances_are_evaluated(
    calls: Calls, tolerated: dict[str, str], status: str
) -> None:
    definition = distributed(QueryLanguage="JSONata", Items=[1, 2, 3], **tolerated)
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    definition["States"]["M"]["ItemProcessor"] = FAILS | {"ProcessorConfig": config}
    assert (await calls.run(definition))["status"] == status


async def test_a_percentage_keeps_its_fraction(calls: Calls) -> None:
    """One of three is 33.3 %: 33.4 takes it, 33 doesn't."""
    definition = distributed(
        QueryLanguage="JSONata", Items=[1, 2, 3], ToleratedFailurePercentage="{% 33.4 %}"
    )
    choice = {
        "Type": "Choice",
        "QueryLanguage": "JSONata",
        "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "F"}],
        "Default": "S",
    }
    definition["States"]["M"]["ItemProcessor"] |= {
        "StartAt": "C",
        "States": {"C": choice, "F": {"Type": "Fail", "Error": "E"}, "S": {"Type": "Succeed"}},
    }
    assert (await calls.run(definition))["status"] == "SUCCEEDED"
