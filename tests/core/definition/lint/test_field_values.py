"""Fields hold values of their types, within their bounds."""

import pytest

from handrail.core.definition.lint.field_values import is_timestamp, misfit
from handrail.core.models import Json


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("Comment", 1, "wrong-type"),
        ("End", "true", "wrong-type"),
        ("Seconds", 1.5, "wrong-type"),
        ("Seconds", True, "wrong-type"),
        ("Seconds", -1, "out-of-range"),
        ("Seconds", 100_000_000, "out-of-range"),
        ("TimeoutSeconds", 1e400, "wrong-type"),
        ("MaxConcurrency", -1, "out-of-range"),
        ("ToleratedFailurePercentage", 100.5, "out-of-range"),
        ("MaxItems", 100_000_001, "out-of-range"),
        ("InputType", "XML", "wrong-type"),
        ("JitterStrategy", "SOME", "wrong-type"),
        ("Timestamp", "2026-01-31", "bad-timestamp"),
        ("Label", "a b", "bad-label"),
        ("Label", "l" * 41, "bad-label"),
    ],
)
def test_a_misfit_names_its_rule(field: str, value: Json, rule: str) -> None:
    problem = misfit(field, value, jsonata=False)

    assert problem is not None
    assert problem.rule == rule


@pytest.mark.parametrize(
    ("field", "value", "jsonata"),
    [
        ("Seconds", 0, False),
        ("Seconds", "{% $x %}", True),
        ("Seconds", "${Pause}", False),
        ("ToleratedFailurePercentage", 0.5, False),
        ("BackoffRate", 1, False),
        ("InputType", "PARQUET", False),
        ("Parameters", [1], False),
        ("Label", "each-order", False),
    ],
)
def test_what_fits_is_left_alone(field: str, value: Json, jsonata: bool) -> None:
    assert misfit(field, value, jsonata=jsonata) is None


def test_a_jsonpath_state_evaluates_no_expression() -> None:
    assert misfit("Seconds", "{% $x %}", jsonata=False) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", True),
        ("2026-01-31T12:00:00.123456789Z", True),
        ("2026-01-31T12:00:00+05:30", True),
        ("2016-12-31T23:59:60Z", True),
        ("2026-01-31T12:00:00", False),
        ("2026-01-31t12:00:00z", False),
        ("2026-02-30T12:00:00Z", False),
        ("2026-01-31 12:00:00Z", False),
    ],
)
def test_timestamps_are_rfc_3339(text: str, expected: bool) -> None:
    assert is_timestamp(text) is expected
