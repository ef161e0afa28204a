"""Items past the end of a list."""

import json

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

INPUT = {"list": [1], "object": {"0": 1}}


async def test_a_template_gives_null_for_one(calls: Calls) -> None:
    template = {"a.$": "$.list[5]", "b": {"c.$": "$.list[1]"}}
    ended = await calls.run(one_state(Type="Pass", Parameters=template), INPUT)
    assert json.loads(ended["output"]) == {"a": None, "b": {"c": None}}


@pytest.mark.parametrize("path", ["$.list[5].n", "$.nope[5]", "$.object[0]", "$.nope"])
async def test_nothing_else_that_is_not_there_is_null(calls: Calls, path: str) -> None:
    ended = await calls.run(one_state(Type="Pass", Parameters={"a.$": path}), INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


async def test_an_input_path_is_no_template(calls: Calls) -> None:
    ended = await calls.run(one_state(Type="Pass", InputPath="$.list[5]"), INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
