"""What a logged event says besides itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.core.history.payloads import needs_payload, shows_all_are_logged
from handrail.core.models import HistoryEvent

WAITS = {"resource": "sendMessage.waitForTaskToken"}


def event(kind: str, **details: Any) -> HistoryEvent:
    return HistoryEvent(7, 6, kind, datetime(2026, 1, 1, tzinfo=UTC), details)


@pytest.mark.parametrize(
    "kind",
    [
        *("ExecutionStarted", "ExecutionSucceeded", "ExecutionAborted", "TaskFailed"),
        *("TaskTimedOut", "LambdaFunctionFailed", "ActivityScheduled", "EvaluationFailed"),
    ],
)
def test_what_a_snapshot_shows_needs_its_payload(kind: str) -> None:
    assert needs_payload(event(kind))


@pytest.mark.parametrize("kind", ["TaskScheduled", "TaskSucceeded"])
def test_a_task_that_waits_has_its_token_and_its_outcome_there(kind: str) -> None:
    assert needs_payload(event(kind, **WAITS))
    assert not needs_payload(event(kind, resource="invoke"))


@pytest.mark.parametrize("kind", ["PassStateEntered", "MapStateExited", "LambdaFunctionScheduled"])
def test_others_move_states_all_the_same(kind: str) -> None:
    assert not needs_payload(event(kind))


@pytest.mark.parametrize("kind", ["TaskFailed", "ExecutionAborted", "FailStateEntered"])
def test_errors_are_logged_at_other_levels_too(kind: str) -> None:
    assert not shows_all_are_logged(event(kind))


@pytest.mark.parametrize("kind", ["ExecutionStarted", "PassStateEntered", "TaskSucceeded"])
def test_the_rest_is_only_logged_where_all_is(kind: str) -> None:
    assert shows_all_are_logged(event(kind))
