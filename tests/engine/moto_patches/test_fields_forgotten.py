"""Of which field a path was that found nothing."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

TASK = {"Type": "Task", "Resource": FUNCTION + "echo"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"Parameters": {"a": {"b.$": "$.nope"}}}, "b.$"),
        ({"ResultSelector": {"c.$": "$.nope"}}, "c.$"),
    ],
)
async def test_a_cause_names_the_field(calls: Calls, fields: Any, field: str) -> None:
    ended = await calls.run(one_state(**TASK, **fields))
    assert f"The JSONPath '$.nope' specified for the field '{field}'" in ended["cause"]
