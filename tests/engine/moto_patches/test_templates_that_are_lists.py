"""Payload templates that are arrays."""

import json

import pytest

from handrail.engine.moto_patches.templates_that_are_lists import with_objects_for_lists
from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_template_may_be_a_list(calls: Calls) -> None:
    state = one_state(
        Type="Task",
        Resource=FUNCTION + "echo",
        Parameters=[{"n.$": "$.n"}, 1, ["a.$"]],
        ResultSelector=["first", {"n.$": "$[0].n"}],
    )
    assert json.loads((await calls.run(state, {"n": 5}))["output"]) == ["first", {"n": 5}]


async def test_other_definitions_stay_as_they_are() -> None:
    for text in ('{"Parameters": 1}', "{", json.dumps(one_state(Type="Pass", Parameters={}))):
        assert with_objects_for_lists(text) == text
