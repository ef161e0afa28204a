"""Rules that compare what isn't there, or isn't of their type."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, refusal

from .test_choices_without_a_match import choice
from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_whether_something_is_there_can_be_asked(calls: Calls) -> None:
    absent = {"Variable": "$.nope", "IsPresent": False}
    assert (await calls.run(choice(absent)))["status"] == "SUCCEEDED"
    guarded = {
        "And": [{"Variable": "$.no", "IsPresent": True}, {"Variable": "$.no", "IsNull": True}]
    }
    assert (await calls.run(choice(guarded, Default="Z")))["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"Variable": "$.text", "NumericEqualsPath": "$.number"}, False),
        ({"Variable": "$.number", "NumericLessThanEqualsPath": "$.text"}, False),
        ({"Variable": "$.number", "BooleanEqualsPath": "$.text"}, False),
        ({"Variable": "$.text", "StringEqualsPath": "$$.Execution.Input.text"}, True),
        ({"Variable": "$$.State.Name", "StringEquals": "A"}, True),
        ({"Variable": "$.at", "TimestampEqualsPath": "$.there"}, True),
        ({"Variable": "$.list[?(@.n == 1)].n", "NumericEquals": 1}, False),
        ({"Variable": "$.list.length()", "NumericEquals": 1}, True),
    ],
)
async def test_values_of_other_types_do_not_fit(
    calls: Calls, rule: dict[str, Any], *, fits: bool
) -> None:
    given = {
        "text": "1",
        "number": 1,
        "at": "2026-01-01T12:00:00Z",
        "there": "2026-01-01T13:00:00+01:00",
        "list": [{"n": 1}],
    }
    definition = choice(rule, Default="N")
    definition["States"]["N"] = {"Type": "Pass", "Result": "no", "End": True}
    assert ((await calls.run(definition, given))["output"] != '"no"') is fits


async def test_a_rule_compares_with_a_variable(calls: Calls) -> None:
    definition = choice({"Variable": "$.n", "NumericEqualsPath": "$limit.most"})
    definition["States"]["B"] = {"Type": "Pass", "Assign": {"limit": {"most": 3}}, "Next": "A"}
    definition["StartAt"] = "B"
    assert (await calls.run(definition, {"n": 3}))["status"] == "SUCCEEDED"


@pytest.mark.parametrize("operand", ["n", "$.a[", 5])
async def test_what_a_rule_compares_with_is_a_path(calls: Calls, operand: Any) -> None:
    code, _ = await refusal(calls.create(choice({"Variable": "$.n", "NumericEqualsPath": operand})))
    assert code == "InvalidDefinition"
