"""Payload templates that are no objects."""

import json
from typing import Any

import pytest

from handrail.engine.moto_patches.templates_of_any_type import with_objects
from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

INNER = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
EXPRESSION = "{% {'v': $states.context.Map.Item.Value} %}"


async def test_a_template_may_be_a_list(calls: Calls) -> None:
    state = one_state(
        Type="Task",
        Resource=FUNCTION + "echo",
        Parameters=[{"n.$": "$.n"}, 1, ["a.$"]],
        ResultSelector=["first", {"n.$": "$[0].n"}],
    )
    assert json.loads((await calls.run(state, {"n": 5}))["output"]) == ["first", {"n": 5}]


@pytest.mark.parametrize("value", ["text", 5, 1.5, True, None, [], ["$.n", {"n.$": "$.n"}]])
async def test_a_template_may_be_one_value(calls: Calls, value: Any) -> None:
    expected = ["$.n", {"n": [1]}] if isinstance(value, list) and value else value
    ran = await calls.run(one_state(Type="Pass", Parameters=value), {"n": [1]})
    assert json.loads(ran["output"]) == expected
    each = one_state(Type="Map", ItemsPath="$.n", ItemSelector=value, ItemProcessor=INNER)
    assert json.loads((await calls.run(each, {"n": [1]}))["output"]) == [expected]


async def test_an_item_selector_may_be_one_expression(calls: Calls) -> None:
    each = one_state(Type="Map", Items=[1, 2], ItemSelector=EXPRESSION, ItemProcessor=INNER) | {
        "QueryLanguage": "JSONata"
    }
    assert json.loads((await calls.run(each, {}))["output"]) == [{"v": 1}, {"v": 2}]


async def test_credentials_may_be_one_expression(calls: Calls) -> None:
    task = one_state(
        Type="Task",
        Resource=FUNCTION + "echo",
        Arguments={"n": 1},
        Credentials="{% {'RoleArn': 'arn:aws:iam::123456789012:role/' & $states.input.role} %}",
    ) | {"QueryLanguage": "JSONata"}
    assert json.loads((await calls.run(task, {"role": "r"}))["output"]) == {"n": 1}


async def test_other_definitions_stay_as_they_are() -> None:
    for text in ('{"Parameters": 1}', "{", json.dumps(one_state(Type="Pass", Parameters={}))):
        assert with_objects(text) == text
