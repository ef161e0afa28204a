"""Intrinsic functions that fail."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")

INPUT = {"text": "one", "list": [1]}
PASS = {"Type": "Pass"}
TASK = {"Type": "Task", "Resource": FUNCTION + "echo"}


@pytest.mark.parametrize(
    ("state", "call", "error", "cause"),
    [
        (
            PASS,
            "States.MathAdd($.text, 1)",
            "States.IntrinsicFailure",
            'the first number must be a number, not "one"',
        ),
        (
            TASK,
            "States.ArrayGetItem($.list, 9)",
            "States.IntrinsicFailure",
            "there is no item 9 in an array of 1",
        ),
        (
            PASS,
            "States.Format('{}', States.Format('{}', $.nope))",
            "States.Runtime",
            "The JsonPath argument for the field '$.nope' could not be found in the input '",
        ),
        (
            PASS,
            "States.Format('{}', $.list[5])",
            "States.Runtime",
            "The JsonPath argument for the field '$.list[5]' could not be found in the input '",
        ),
    ],
)
async def test_the_cause_names_the_whole_function(
    calls: Calls, state: dict[str, Any], call: str, error: str, cause: str
) -> None:
    ended = await calls.run(one_state(**state, Parameters={"a.$": call}), INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", error)
    told = f"The function '{call}' had the following error: {cause}"
    assert ended["cause"].startswith(where("A", 2) + told)
