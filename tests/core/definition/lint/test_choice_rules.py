"""The rules of a Choice compare one thing each, with a value of its kind."""

import pytest

from handrail.core.definition.lint.findings import Severity
from handrail.core.models import Json
from tests.core.definition.lint.linted import DONE, found

NEXT: dict[str, Json] = {"Next": "B"}
TEST: dict[str, Json] = {"Variable": "$.x", "NumericEquals": 1}


def choosing(*rules: Json, **fields: Json) -> dict[str, Json]:
    return {"A": {"Type": "Choice", "Choices": list(rules), "Default": "B", **fields}, "B": DONE}


@pytest.mark.parametrize(
    ("code", "states"),
    [
        ("missing-choices", {"A": {"Type": "Choice", "Default": "B"}, "B": DONE}),
        ("missing-choices", choosing()),
        ("rule-without-next", choosing(TEST)),
        ("rule-without-variable", choosing(NEXT)),
        ("rule-without-variable", choosing(NEXT | {"StringEquals": "a"})),
        ("comparison-count", choosing(NEXT | {"Variable": "$.x"})),
        ("comparison-count", choosing(NEXT | TEST | {"IsNull": True})),
        ("comparison-count", choosing(NEXT | TEST | {"And": [TEST]})),
        ("unknown-field", choosing(NEXT | {"Variable": "$.x", "StringEqual": "a"})),
        ("nested-next", choosing(NEXT | {"Not": TEST | NEXT})),
        ("wrong-type", choosing(NEXT | {"And": []})),
        ("wrong-type", choosing(NEXT | {"Or": TEST})),
        ("wrong-type", choosing(NEXT | {"Variable": "$.x", "NumericEquals": "1"})),
        ("wrong-type", choosing(NEXT | {"Not": {"Variable": "$.x", "IsNull": "true"}})),
        ("bad-timestamp", choosing(NEXT | {"Variable": "$.x", "TimestampEquals": "today"})),
        ("malformed-path", choosing(NEXT | {"Variable": "States.UUID()", "IsNull": True})),
        ("malformed-path", choosing(NEXT | {"Variable": "$.x", "StringEqualsPath": "y"})),
        ("foreign-field", choosing(NEXT | TEST | {"Output": 1})),
        ("rule-without-condition", choosing(NEXT, QueryLanguage="JSONata")),
        ("foreign-field",
         choosing(NEXT | {"Condition": True} | TEST, QueryLanguage="JSONata")),
        ("malformed-jsonata",
         choosing(NEXT | {"Condition": "{% 1 = %}"}, QueryLanguage="JSONata")),
    ],
)  # fmt: skip
def test_it_is_an_error(code: str, states: dict[str, Json]) -> None:
    finding = found(states)[code]

    assert (finding.severity, finding.state) == (Severity.ERROR, "A")


def test_a_place_inside_a_rule_is_named() -> None:
    rule = NEXT | {"Or": [TEST, {"Not": {"Variable": "$.x", "BooleanEquals": 1}}]}

    assert found(choosing(rule))["wrong-type"].path == "States.A.Choices[0].Or[1].Not.BooleanEquals"


@pytest.mark.parametrize(
    "rule",
    [
        NEXT | TEST | {"Comment": "c"},
        NEXT | {"And": [TEST, {"Or": [TEST, {"Not": TEST}]}], "Assign": {"seen": True}},
        NEXT | {"Variable": "$$.State.EnteredTime", "TimestampLessThanPath": "$.until"},
        NEXT | {"Variable": "$order.total", "NumericGreaterThanEquals": 0.5},
    ],
)
def test_what_aws_takes_is_left_alone(rule: Json) -> None:
    assert [each for each in found(choosing(rule)).values() if each.severity == "error"] == []


def test_an_input_that_nothing_fits_is_thought_of() -> None:
    states = choosing(NEXT | TEST)
    del states["A"]["Default"]

    assert found(states)["choice-without-default"].severity is Severity.WARNING


def test_a_path_to_several_values_is_doubtful() -> None:
    rule = NEXT | {"Variable": "$.a[*]", "IsPresent": True}

    assert found(choosing(rule))["not-a-reference-path"].severity is Severity.WARNING
