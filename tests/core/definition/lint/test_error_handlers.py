"""Retry and Catch name errors, in an order that can be followed."""

import pytest

from handrail.core.definition.lint.findings import Severity
from handrail.core.models import Json
from tests.core.definition.lint.linted import ALL, DONE, found
from tests.core.definitions import task


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("not-a-list", {"Retry": {}}),
        ("wrong-type", {"Retry": ["States.ALL"]}),
        ("missing-error-equals", {"Retry": [{"MaxAttempts": 1}]}),
        ("missing-error-equals", {"Catch": [{"ErrorEquals": [], "Next": "B"}]}),
        ("wrong-type", {"Retry": [{"ErrorEquals": [1]}]}),
        ("catch-without-next", {"Catch": [{"ErrorEquals": ALL}]}),
        ("states-all-not-last", {"Retry": [{"ErrorEquals": ALL}, {"ErrorEquals": ["X"]}]}),
        ("states-all-not-last", {"Retry": [{"ErrorEquals": ["X", "States.ALL"]}]}),
        ("negative-attempts", {"Retry": [{"ErrorEquals": ALL, "MaxAttempts": -1}]}),
        ("backoff-below-one", {"Retry": [{"ErrorEquals": ALL, "BackoffRate": 0.5}]}),
        ("wrong-type", {"Retry": [{"ErrorEquals": ALL, "JitterStrategy": "SOME"}]}),
        ("out-of-range", {"Retry": [{"ErrorEquals": ALL, "MaxDelaySeconds": 0}]}),
        ("unknown-field", {"Retry": [{"ErrorEquals": ALL, "Interval": 1}]}),
        ("foreign-field", {"Catch": [{"ErrorEquals": ALL, "Next": "B", "Output": 1}]}),
        ("foreign-field",
         {"QueryLanguage": "JSONata", "Catch": [
             {"ErrorEquals": ALL, "Next": "B", "ResultPath": "$.e"}]}),
        ("malformed-reference-path",
         {"Catch": [{"ErrorEquals": ALL, "Next": "B", "ResultPath": "$..a"}]}),
    ],
)  # fmt: skip
def test_it_is_an_error(code: str, fields: dict[str, Json]) -> None:
    finding = found({"A": task(**fields), "B": DONE})[code]

    assert (finding.severity, finding.state) == (Severity.ERROR, "A")


def test_what_aws_takes_is_left_alone() -> None:
    retry = {"ErrorEquals": ["X"], "IntervalSeconds": 1, "MaxAttempts": 0, "BackoffRate": 1.5,
             "MaxDelaySeconds": 9, "JitterStrategy": "FULL", "Comment": "c"}  # fmt: skip
    catch = {"ErrorEquals": ALL, "Next": "B", "ResultPath": None, "Comment": "c"}
    states = {"A": task(Retry=[retry], Catch=[catch]), "B": DONE}

    assert [each.code for each in found(states).values() if each.severity == "error"] == []


def test_a_misspelt_error_is_told() -> None:
    finding = found({"A": task(Retry=[{"ErrorEquals": ["State.ALL"]}])})["misspelt-states-all"]

    assert finding.severity is Severity.WARNING
