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


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"Variable": "$.nope", "NumericEquals": 1}, "$.nope"),
        ({"Variable": "$.nope", "IsNull": True}, "$.nope"),
        ({"Variable": "$.n", "NumericEqualsPath": "$.nope"}, "$.nope"),
        ({"Not": {"Variable": "$.nope", "NumericEquals": 1}}, "$.nope"),
    ],
)
async def test_a_rule_on_what_is_not_there_fails_in_spite_of_a_default(
    calls: Calls, rule: dict[str, Any], path: str
) -> None:
    ended = await calls.run(choice(rule, Default="Z"), {"n": 2})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"] == (
        where("A", 2)
        + f"Invalid path '{path}': The choice state's condition path references an invalid value."
    )


async def test_a_path_the_engine_cannot_read_is_not_called_missing(calls: Calls) -> None:
    rule = {"Variable": "$.über", "IsPresent": False}
    ended = await calls.run(choice(rule, Default="Z"))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "The embedded engine can't evaluate it" in ended["cause"]


async def test_whether_something_is_there_can_be_asked(calls: Calls) -> None:
    absent = {"Variable": "$.nope", "IsPresent": False}
    assert (await calls.run(choice(absent)))["status"] == "SUCCEEDED"
    guarded = {
        "And": [{"Variable": "$.no", "IsPresent": True}, {"Variable": "$.no", "IsNull": True}]
    }
    assert (await calls.run(choice(guarded, Default="Z")))["status"] == "SUCCEEDED"


async def test_a_condition_is_a_boolean(calls: Calls) -> None:
    definition = {"QueryLanguage": "JSONata"} | choice({"Condition": "{% 'yes' %}"})
    ended = await calls.run(definition)
    assert ended["error"] == "States.QueryEvaluationError"
    assert ended["cause"] == where("A", 2) + (
        "The JSONata expression ''yes'' specified for the field"
        " 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was"
        " 'string' for value: \"yes\""
    )
