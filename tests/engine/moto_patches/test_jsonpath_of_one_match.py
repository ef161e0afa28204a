"""Paths give what Jayway's JsonPath gives."""

import json
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.engine.moto_patches.jsonpath_of_one_match import extract
from tests.engine.engine_fixture import Calls, one_state

DATA: dict[str, Any] = {"a": [{"x": 1}, {"x": 2}], "n": None}
READ = {
    "$.a[-1].x": 2,
    "$.a[?(@.x > 2)]": [],
    "$.a[?(@.x in [1, 3])].x": [1],
    "$.a.length()": 2,
    "$..x": [1, 2],
    "$.nothing[*].x": [],
    "$['a', 'n']": DATA,
}


@pytest.mark.parametrize("path", ["$.nothing", "$.a[2]", "$.a[0].nothing", "$.n.x", "$[1:]"])
def test_a_path_through_nothing_fails(path: str) -> None:
    with pytest.raises(NoSuchJsonPathError):
        extract(path, DATA)


@pytest.mark.asyncio(loop_scope="session")
async def test_templates_inputs_and_outputs_are_read_so(calls: Calls) -> None:
    template = {f"{at}.$": path for at, path in enumerate(READ)}
    ended = await calls.run(one_state(Type="Pass", Parameters=template), DATA)
    assert list(json.loads(ended["output"]).values()) == list(READ.values())
    for field in ("InputPath", "OutputPath"):
        ended = await calls.run(one_state(Type="Pass", **{field: "$.a[?(@.x == 2)].x"}), DATA)
        assert json.loads(ended["output"]) == [2]
