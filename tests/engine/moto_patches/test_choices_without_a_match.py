"""Choices that lead nowhere."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, Definition, types

from .test_failures import folded, parallel, where
from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_NEXT = "Failed to transition out of the state. The state does not point to a next state."


def choice(*rules: dict[str, Any], **state: Any) -> Definition:
    """A Choice, A, between A and the end Z."""
    states = {
        "A": {"Type": "Choice", "Choices": [{"Next": "Z", **rule} for rule in rules], **state},
        "Z": {"Type": "Succeed"},
    }
    return {"StartAt": "A", "States": states}


async def test_where_no_rule_fits_the_state_has_no_next(calls: Calls) -> None:
    ended = await calls.run(choice({"Variable": "$.n", "NumericEquals": 1}), {"n": 2})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"] == where("A", 2) + NO_NEXT
    events = await calls.history(ended["executionArn"])
    assert types(events) == ["ExecutionStarted", "ChoiceStateEntered", "ExecutionFailed"]
    assert events[-1]["executionFailedEventDetails"] == {
        "error": "States.Runtime",
        "cause": where("A", 2) + NO_NEXT,
    }
    error = (await folded(calls, ended["executionArn"])).states["A"]["last_error"]
    assert error is not None
    assert (error["error"], error["cause"]) == ("States.Runtime", where("A", 2) + NO_NEXT)


async def test_where_no_condition_holds_it_is_the_same(calls: Calls) -> None:
    definition = {"QueryLanguage": "JSONata"} | choice({"Condition": "{% false %}"})
    assert (await calls.run(definition))["cause"] == where("A", 2) + NO_NEXT


def branch() -> Definition:
    inside = choice({"Variable": "$.n", "NumericEquals": 1})["States"]
    definition = parallel({**inside["A"]})
    definition["States"]["A"]["Branches"][0]["States"]["Z"] = inside["Z"]
    return definition


@pytest.mark.parametrize(
    ("taken", "status"), [("States.ALL", "FAILED"), ("States.Runtime", "SUCCEEDED")]
)
async def test_a_parallel_around_it_catches_it_by_name(
    calls: Calls, taken: str, status: str
) -> None:
    ended = await calls.run(caught(branch(), taken), {"n": 2})
    assert ended["status"] == status
    told = json.loads(ended["output"]) if status == "SUCCEEDED" else ended
    assert (told.get("Cause") or told.get("cause")) == where("B", 4) + NO_NEXT
