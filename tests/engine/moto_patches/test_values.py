"""Values that can't be had or are of the wrong type, and what is said of them."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, Definition, one_state, types

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")

INPUT = {"text": "one", "list": [1], "object": {}, "number": 5}
ITEM = one_state("Item", Type="Pass")
TASK = {"Type": "Task", "Resource": FUNCTION + "echo"}


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        pytest.param(
            {"Type": "Pass", "Parameters": {"a.$": "States.MathAdd($.text, 1)"}},
            "States.IntrinsicFailure",
            "The function 'States.MathAdd($.text, 1)' had the following error:"
            " Expected integer value, but got: 'one'.",
            id="intrinsic",
        ),
        pytest.param(
            {**TASK, "Parameters": {"a.$": "States.ArrayGetItem($.list, 9)"}},
            "States.IntrinsicFailure",
            "The function 'States.ArrayGetItem($.list, 9)' had the following error:"
            " list index out of range",
            id="intrinsic of a task",
        ),
        pytest.param(
            {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $.nope)"}},
            "States.Runtime",
            "The JSONPath '$.nope' specified for the field 'a.$' could not be found in the input",
            id="path in an intrinsic",
        ),
        pytest.param(
            {"Type": "Pass", "Result": 1, "ResultPath": "$.text.a"},
            "States.ResultPathMatchFailure",
            "The ResultPath '$.text.a' can't be applied to the input '",
            id="result path",
        ),
        pytest.param(
            {**TASK, "ResultPath": "$.text.a"},
            "States.ResultPathMatchFailure",
            "The ResultPath '$.text.a' can't be applied to the input '",
            id="result path of a task",
        ),
        pytest.param(
            {"Type": "Map", "ItemsPath": "$.object", "ItemProcessor": ITEM},
            "States.Runtime",
            'Reference path "$.object" must point to array.',
            id="items",
        ),
        pytest.param(
            {"Type": "Map", "ItemsPath": "$.nope", "ItemProcessor": ITEM},
            "States.Runtime",
            "The JSONPath '$.nope' specified for the field 'ItemsPath' could not be found",
            id="missing items",
        ),
        pytest.param(
            {**TASK, "TimeoutSecondsPath": "$.text"},
            "States.Runtime",
            "The TimeoutSecondsPath parameter does not reference a positive integer: $.text",
            id="timeout",
        ),
        pytest.param(
            {"Type": "Wait", "TimestampPath": "$.text"},
            "States.Runtime",
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset"
            " date-time format string: $.text == one",
            id="timestamp",
        ),
        pytest.param(
            {"Type": "Wait", "TimestampPath": "$.number"},
            "States.Runtime",
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset"
            " date-time format string: $.number == 5",
            id="timestamp of a number",
        ),
        pytest.param(
            {"Type": "Wait", "TimestampPath": "$.nope"},
            "States.Runtime",
            "The TimestampPath parameter does not reference an input value: $.nope",
            id="missing timestamp",
        ),
    ],
)
async def test_a_value_out_of_place_fails_the_state_in_words(
    calls: Calls, state: dict[str, Any], error: str, cause: str
) -> None:
    ended = await calls.run(one_state(**state), INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", error)
    events = await calls.history(ended["executionArn"])
    begun = next((e["id"] for e in reversed(events) if "Lambda" in e["type"]), 2)
    assert ended["cause"].startswith(where("A", begun) + cause)
    assert not {"TaskFailed", "LambdaFunctionFailed", "EvaluationFailed"} & set(types(events))


async def test_an_error_is_a_text(calls: Calls) -> None:
    fail = {"Type": "Fail", "ErrorPath": "$.number"}
    ended = await calls.run({"StartAt": "A", "States": {"A": fail}}, INPUT)
    cause = "The ErrorPath parameter does not reference a string: $.number"
    assert (ended["error"], ended["cause"]) == ("States.Runtime", where("A", 2) + cause)


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


@pytest.mark.parametrize("text", ["States.StringToJson('NaN')", "States.StringToJson('[1e999]')"])
async def test_a_number_json_has_not_fails_the_state(calls: Calls, text: str) -> None:
    ended = await calls.run(one_state(Type="Pass", Parameters={"n.$": text}))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "JSON" in ended["cause"]
