"""What isn't as a case expects is told by its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.cases.judging import differences, mismatches
from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.models import Json
from handrail.core.stand_ins.case_file import Expectation
from tests.core.cases.test_outcome import CAUGHT

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
SUCCEEDED = ExecutionOutcome("SUCCEEDED", {"a": [1, 2]}, None, None, CAUGHT.events)
FAILED = ExecutionOutcome("FAILED", None, "E", "C", CAUGHT.events, has_output=False)
STUCK = ExecutionOutcome("RUNNING", None, None, None, CAUGHT.events, has_output=False)


def at(path: str, output: Json) -> Json:
    return output[path.removeprefix("$.")]


def problems(outcome: ExecutionOutcome, **expected: Any) -> list[str]:
    return list(mismatches(Expectation.model_validate(expected), outcome, at))


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({}, []),
        ({"status": "SUCCEEDED", "output": {"a": [1, 2]}, "entered": ["A", "B", "C"]}, []),
        ({"output_paths": {"$.a": [1, 2]}, "not_entered": ["D"], "error": None}, []),
        ({"status": "FAILED"}, ["status: expected FAILED, was SUCCEEDED"]),
        ({"output": {"a": [1, 3]}}, ["output.a[1]: expected 3, was 2"]),
        ({"output_paths": {"$.a": []}}, ["output_paths $.a: expected 0 items, were 2"]),
        ({"output_paths": {"$.b": 1}}, ["output_paths $.b: expected 1, but it is missing"]),
        ({"not_entered": ["B"]}, ["not_entered: B was entered"]),
        (
            {"entered": ["A", "D"]},
            ["entered: A, -D, +B, +C (- expected and not entered, + entered and not expected)"],
        ),
        ({"error": "E"}, ['error: expected "E", was null']),
    ],
)
def test_a_success(expected: dict[str, Any], told: list[str]) -> None:
    assert problems(SUCCEEDED, **expected) == told


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"status": "FAILED", "error": "E", "cause": "C"}, []),
        ({"status": "SUCCEEDED", "output": 1}, ["status: expected SUCCEEDED, was FAILED: E: C"]),
        ({"output": None}, ["output: expected null, but there is none"]),
        ({"output_paths": {"$.a": 1}}, ["output_paths $.a: expected 1, but there is no output"]),
        ({"cause": "D"}, ['cause: expected "D", was "C"']),
    ],
)
def test_a_failure(expected: dict[str, Any], told: list[str]) -> None:
    assert problems(FAILED, **expected) == told


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("Handrail.NotSupported", "The embedded engine doesn't serve it."),
        ("States.Runtime", "The stand-in of the state 'A' has no answer left."),
    ],
)
def test_what_couldn_t_run_is_no_end_unless_it_is_expected(error: str, cause: str) -> None:
    failed = ExecutionOutcome("FAILED", None, error, cause, (), has_output=False)
    assert problems(failed) == [f"It couldn't run as it would on AWS: {cause}"]
    assert problems(failed, error=error) == []


def test_an_execution_that_waits_for_ever() -> None:
    assert problems(STUCK) == ["It waits for ever, in C: nobody answers."]


@given(VALUES, VALUES)
def test_nothing_is_told_exactly_where_values_are_the_same(one: Json, other: Json) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (list(differences(one, other, "output")) == []) is same


def test_members_that_are_missing_or_too_many() -> None:
    assert list(differences({"a": 1, "b c": 2}, {"a": True, "d": 3}, "output")) == [
        "output.a: expected 1, was true",
        'output["b c"]: expected 2, but it is missing',
        "output.d: is 3, which isn't expected",
    ]
