"""Paths that can't be read."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, one_state, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "fields",
    [
        {"InputPath": "$.a["},
        {"OutputPath": "$.a.nope()"},
        {"InputPath": "$$.a b"},
        {"Parameters": {"a.$": "$.a[?(@.b]"}},
        {"Parameters": {"a.$": "a"}},
        {"Parameters": {"a.$": 5}},
        {"Parameters": {"deep": [{"a.$": {"b": 1}}]}},
        {"Parameters": {"a.$": "$a.["}},
    ],
)
async def test_a_definition_with_one_is_refused(calls: Calls, fields: dict[str, Any]) -> None:
    code, message = await refusal(calls.create(one_state(Type="Pass", **fields)))
    assert code == "InvalidDefinition"
    assert "must be a valid JSONPath" in message


async def test_a_result_is_no_template(calls: Calls) -> None:
    ended = await calls.run(one_state(Type="Pass", Result={"a.$": "$.a["}))
    assert ended["output"] == '{"a.$":"$.a["}'
