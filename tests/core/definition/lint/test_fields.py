"""Each state has the fields its type and its query language can have, and those it needs."""

import pytest

from handrail.core.definition.lint.findings import Severity
from handrail.core.models import Json
from tests.core.definition.lint.linted import DONE, INNER, found
from tests.core.definitions import task

PASS: dict[str, Json] = {"Type": "Pass", "End": True}
MAP: dict[str, Json] = {
    "Type": "Map", "ItemProcessor": INNER, "MaxConcurrency": 1, "End": True,
}  # fmt: skip

ERRORS: list[tuple[str, dict[str, Json]]] = [
    ("unknown-type", {"A": {"Type": "Tsak", "End": True}}),
    ("unknown-type", {"A": {"End": True}}),
    ("next-or-end", {"A": {"Type": "Pass"}, "B": DONE}),
    ("next-or-end", {"A": {"Type": "Pass", "Next": "B", "End": True}, "B": DONE}),
    ("choice-with-transition",
     {"A": {"Type": "Choice", "End": True, "Default": "B", "Choices":
            [{"Variable": "$", "IsNull": True, "Next": "B"}]}, "B": DONE}),
    ("missing-resource", {"A": {"Type": "Task", "End": True}}),
    ("wait-for-what", {"A": {"Type": "Wait", "End": True}}),
    ("wait-for-what", {"A": {"Type": "Wait", "Seconds": 1, "Timestamp": "x", "End": True}}),
    ("missing-branches", {"A": {"Type": "Parallel", "End": True}}),
    ("missing-branches", {"A": {"Type": "Parallel", "Branches": [], "End": True}}),
    ("unexpected-error-handling", {"A": {**PASS, "Retry": []}}),
    ("unexpected-error-handling", {"A": {"Type": "Wait", "Seconds": 1, "End": True, "Catch": []}}),
    ("unknown-field", {"A": {**PASS, "InputPaht": "$.a"}}),
    ("unknown-field", {"A": {**PASS, "ResultSelector": {}}}),
    ("unknown-field", {"A": {**DONE, "Parameters": {}}}),
    ("unknown-field", {"A": {"Type": "Fail", "Error": "E", "ResultPath": "$"}}),
    ("unknown-field", {"A": {**MAP, "TimeoutSeconds": 3}}),
    ("heartbeat-not-below-timeout", {"A": task(HeartbeatSeconds=60)}),
    ("limit-not-positive", {"A": task(TimeoutSeconds=0)}),
    ("foreign-field", {"A": task(QueryLanguage="JSONata", Parameters={})}),
    ("foreign-field", {"A": task(Arguments={})}),
    ("unknown-language", {"A": task(QueryLanguage="JMESPath")}),
    ("exclusive-fields", {"A": task(TimeoutSecondsPath="$.t")}),
    ("exclusive-fields", {"A": {"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}}),
    ("exclusive-fields", {"A": {**MAP, "Iterator": INNER}}),
    ("wrong-type", {"A": {**PASS, "Comment": 5}}),
    ("wrong-type", {"A": {"Type": "Wait", "Seconds": "5", "End": True}}),
    ("out-of-range", {"A": {"Type": "Wait", "Seconds": -1, "End": True}}),
    ("bad-timestamp", {"A": {"Type": "Wait", "Timestamp": "tomorrow", "End": True}}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "states"), ERRORS)
def test_it_is_an_error(rule: str, states: dict[str, Json]) -> None:
    finding = found(states)[rule]

    assert (finding.severity, finding.state) == (Severity.ERROR, "A")


@pytest.mark.parametrize(
    "state",
    [
        {**PASS, "Result": None},
        {**PASS, "InputPath": None, "OutputPath": None, "ResultPath": None},
        {**PASS, "Parameters": [{"id.$": "$$.Execution.Id"}]},
        {**PASS, "QueryLanguage": "JSONata", "Output": "{% $states.input %}"},
        {"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 5 %}", "End": True},
        {"Type": "Wait", "Timestamp": "2026-01-31T12:00:00.5+01:00", "End": True},
        {"Type": "Wait", "Seconds": "${Pause}", "End": True},
        {"Type": "Fail", "ErrorPath": "States.Format('{}', $.e)", "CausePath": "States.UUID()"},
        {**MAP, "ToleratedFailurePercentage": 5.5},
    ],
)
def test_what_aws_takes_is_no_error(state: dict[str, Json]) -> None:
    errors = [each for each in found({"A": state}).values() if each.severity is Severity.ERROR]

    assert errors == []


def test_a_jsonata_machine_cannot_go_back_to_jsonpath() -> None:
    inner = {"StartAt": "B", "States": {"B": {**PASS, "QueryLanguage": "JSONPath"}}}
    outer = {"Type": "Parallel", "Branches": [inner], "End": True}

    at_the_top = found({"A": {**PASS, "QueryLanguage": "JSONPath"}}, QueryLanguage="JSONata")
    inside = found({"A": outer}, QueryLanguage="JSONata")

    assert at_the_top["jsonpath-in-jsonata"].severity is Severity.ERROR
    assert inside["jsonpath-inside-jsonata"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("rule", "top"),
    [
        ("unknown-language", {"QueryLanguage": "JMESPath"}),
        ("unknown-field", {"Commnet": ""}),
        ("wrong-type", {"Version": 1}),
        ("limit-not-positive", {"TimeoutSeconds": 0}),
    ],
)
def test_the_document_has_fields_of_its_own(rule: str, top: dict[str, Json]) -> None:
    finding = found({"A": PASS}, **top)[rule]

    assert (finding.severity, finding.state, finding.path) == (
        Severity.ERROR,
        None,
        next(iter(top)),
    )


def test_a_branch_declares_no_query_language() -> None:
    branch = {"StartAt": "B", "QueryLanguage": "JSONata", "States": {"B": PASS}}
    finding = found({"A": {"Type": "Parallel", "Branches": [branch], "End": True}})["unknown-field"]

    assert finding.path == "States.A.Branches[0].QueryLanguage"
