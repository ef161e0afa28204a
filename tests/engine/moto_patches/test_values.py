"""Numbers that JSONata gives."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, Definition, one_state, types

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEM = one_state("Item", Type="Pass")
TASK = {"Type": "Task", "Resource": FUNCTION + "echo"}


@pytest.mark.parametrize(
    ("field", "state"),
    [
        ("Seconds", {"Type": "Wait"}),
        ("TimeoutSeconds", TASK),
        ("MaxConcurrency", {"Type": "Map", "Items": [1], "ItemProcessor": ITEM}),
    ],
)
async def test_a_jsonata_number_is_a_number(
    calls: Calls, field: str, state: dict[str, Any]
) -> None:
    definition: Definition = {"QueryLanguage": "JSONata"}
    ended = await calls.run(definition | one_state(**state, **{field: "{% 'x' %}"}))
    assert ended["error"] == "States.QueryEvaluationError"
    assert ended["cause"] == where("A", 2) + (
        f"The JSONata expression ''x'' specified for the field '{field}' returned an unexpected"
        " result type. Expected 'number', but was 'string' for value: \"x\""
    )
    assert types(await calls.history(ended["executionArn"])).count("EvaluationFailed") == 1
