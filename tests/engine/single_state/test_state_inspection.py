"""What a retrier and a catcher would take is told by the definition alone."""

from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)

from handrail.engine.single_state.state_inspection import StateInspection


def name(error: str) -> Any:
    found = CustomErrorName.__new__(CustomErrorName)
    found.error_name = error
    return found


@pytest.mark.parametrize(
    ("retrier", "attempts", "interval"),
    [
        ({}, 0, 1),
        ({}, 2, 4),
        ({"IntervalSeconds": 3, "BackoffRate": 1.5}, 1, 4),
        ({"MaxDelaySeconds": 5, "IntervalSeconds": 3}, 2, 5),
    ],
)
def test_the_interval_grows_with_each_attempt(retrier: Any, attempts: int, interval: int) -> None:
    raw = {"Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["States.ALL"], **retrier}]}
    inspection = StateInspection("A", raw, jsonata=False, attempts=attempts)
    assert inspection.retries(name("E"))
    assert inspection.details == {"retryIndex": 1, "retryBackoffIntervalSeconds": interval}


def test_no_retrier_takes_what_none_names() -> None:
    raw = {"Retry": [{"ErrorEquals": ["Other"]}], "Catch": [{"ErrorEquals": ["Other"]}]}
    inspection = StateInspection("A", raw, jsonata=False)
    assert not inspection.retries(name("E"))
    inspection.catches(name("E"))
    assert (inspection.details, inspection.caught) == ({}, False)


def test_fields_of_the_other_language_aren_t_noted() -> None:
    inspection = StateInspection("A", {}, jsonata=True)
    inspection.note("afterInputPath", {})
    inspection.note("result", {}, jsonata=True)
    assert inspection.data == {"result": {}}
