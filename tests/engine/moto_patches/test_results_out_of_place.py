"""Results at their place in the input."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state, refusal

from .test_failures import where
from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")

INPUT: dict[str, Any] = {"text": "one", "list": [1, 2]}


@pytest.mark.parametrize(
    ("path", "output"),
    [
        ("$.new.deep", {**INPUT, "new": {"deep": 5}}),
        ("$['two words']['b']", {**INPUT, "two words": {"b": 5}}),
        ("$.list[0]", {**INPUT, "list": [5, 2]}),
        ("$", 5),
        (None, INPUT),
    ],
)
async def test_a_result_is_put_there(calls: Calls, path: str | None, output: Any) -> None:
    ended = await calls.run(one_state(Type="Pass", Result=5, ResultPath=path), INPUT)
    assert json.loads(ended["output"]) == output


@pytest.mark.parametrize("path", ["$.text.a", "$.list[2]", "$.list.a"])
@pytest.mark.parametrize(
    "state", [{"Type": "Pass", "Result": 1}, {"Type": "Task", "Resource": FUNCTION + "echo"}]
)
async def test_where_there_is_no_place_the_state_fails(
    calls: Calls, state: dict[str, Any], path: str
) -> None:
    ended = await calls.run(one_state(**state, ResultPath=path), INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.ResultPathMatchFailure")
    assert ended["cause"].startswith(
        where("A", 2) + f"The ResultPath '{path}' can't be applied to the input '"
    )


async def test_it_can_be_caught(calls: Calls) -> None:
    state = one_state(Type="Task", Resource=FUNCTION + "echo", ResultPath="$.text.a")
    ended = await calls.run(caught(state, "States.ResultPathMatchFailure"), INPUT)
    assert ended["status"] == "SUCCEEDED"


@pytest.mark.parametrize("path", ["$.list[*]", "$..a", "$.list[?(@.a)]", "$['a', 'b']"])
async def test_a_path_to_no_one_place_is_refused(calls: Calls, path: str) -> None:
    code, message = await refusal(calls.create(one_state(Type="Pass", ResultPath=path)))
    assert code == "InvalidDefinition"
    assert "Reference Path" in message
