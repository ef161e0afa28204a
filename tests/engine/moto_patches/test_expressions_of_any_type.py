"""Values of another type than their field's."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import ITEM, echo, jsonata, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

OF_A_TYPE = "The JSONata expression '%s' specified for the field '%s' returned an unexpected result"
NO_TIME = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format"


def unexpected(expression: str, field: str, wanted: str, found: str) -> str:
    return (
        f"{OF_A_TYPE % (expression, field)} type. Expected '{wanted}', but was '{found}' for value:"
    )


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        (
            jsonata(Type="Wait", Seconds="{% 'x' %}"),
            unexpected("'x'", "Seconds", "number", "string"),
        ),
        (
            jsonata(Type="Wait", Seconds="{% 0.5 %}"),
            "The Seconds field cannot be parsed as an integer: 0.5",
        ),
        (
            jsonata(Type="Wait", Seconds="{% -1 %}"),
            "Seconds must be between 0 and 99999999 but was: -1",
        ),
        (
            states(A=echo(TimeoutSeconds="{% true %}")),
            unexpected("true", "TimeoutSeconds", "number", "boolean"),
        ),
        (
            jsonata(Type="Map", Items=[1], MaxConcurrency="{% null %}", ItemProcessor=ITEM),
            unexpected("null", "MaxConcurrency", "number", "null"),
        ),
        (jsonata(Type="Wait", Timestamp="{% 'soon' %}"), f"{NO_TIME} string: soon"),
        (
            jsonata(Type="Wait", Timestamp="{% '2026-13-01T00:00:00Z' %}"),
            f"{NO_TIME} string: 2026-13-01T00:00:00Z",
        ),
        (
            jsonata(Type="Wait", Timestamp="{% 1 %}"),
            unexpected("1", "Timestamp", "string", "number"),
        ),
        (
            states(A={"Type": "Fail", "Error": "{% [] %}"}),
            unexpected("[]", "Error", "string", "array"),
        ),
        (
            states(A={"Type": "Fail", "Cause": "{% 1 %}"}),
            unexpected("1", "Cause", "string", "number"),
        ),
        (
            jsonata(Type="Map", Items="{% {'a': 1} %}", ItemProcessor=ITEM),
            unexpected("{'a': 1}", "Items", "array", "object"),
        ),
    ],
)
async def test_it_fails_the_state(calls: Calls, definition: dict[str, Any], problem: str) -> None:
    ended = await run(calls, definition)
    assert ended.error == "States.QueryEvaluationError"
    assert problem in str(ended.cause)
    assert ended.types.count("EvaluationFailed") == 1


async def test_a_map_whose_items_are_none_fails_as_a_map(calls: Calls) -> None:
    ended = await run(calls, jsonata(Type="Map", Items="{% 1 %}", ItemProcessor=ITEM))
    assert ended.types[1:] == [
        "MapStateEntered",
        "EvaluationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]


@pytest.mark.parametrize("given", ["text", {"a": 1}])
async def test_a_map_s_input_is_an_array(calls: Calls, given: Any) -> None:
    definition = states(
        A={"Type": "Pass", "Output": given, "Next": "M"},
        M={"Type": "Map", "ItemProcessor": ITEM, "End": True},
    )
    ended = await run(calls, definition)
    text = json.dumps(given, separators=(",", ":"))
    assert str(ended.cause).endswith(f"Map state input must be an array but was: {text}")
    assert ended.types[-3:] == ["EvaluationFailed", "MapStateFailed", "ExecutionFailed"]
    assert [event["previousEventId"] for event in ended.events[-3:]] == [3, 5, 6]
    assert "location" not in ended.details("EvaluationFailed")[0]


async def test_what_is_of_the_type_is_taken(calls: Calls) -> None:
    ended = await run(
        calls,
        states(
            A={"Type": "Wait", "Timestamp": "{% $states.input.past %}", "Next": "B"},
            B={"Type": "Wait", "Seconds": "{% $states.input.seconds %}", "Next": "C"},
            C=echo(TimeoutSeconds="{% 9 %}", HeartbeatSeconds="{% 3 %}", Next="D"),
            D={"Type": "Fail", "Error": "{% 'E' %}", "Cause": "{% 'why' %}"},
        ),
        {"past": "2020-01-01T00:00:00Z", "seconds": 0},
    )
    assert (ended.error, ended.cause) == ("E", "why")
