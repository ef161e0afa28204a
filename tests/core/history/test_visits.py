"""The sums over a state's visits, and the tasks that wait."""

from datetime import timedelta
from typing import Any

import pytest

from handrail.core.history.facts import PendingTask
from handrail.core.history.projection import Projection
from handrail.core.history.visits import MOST_PARAMETERS, Lane, StateRecord, Visit, error_of, number
from handrail.core.models import HistoryEvent, StateStatus, rfc3339
from handrail.core.protocol.document_shapes import StateErrorDocument
from tests.core.histories import BEGIN, History


def visit(*, failed: bool = False, timed_out: bool = False) -> Visit:
    record = StateRecord("A", "Task", BEGIN, BEGIN, 1)
    failure: StateErrorDocument | None = {"error": "Boom", "cause": None} if failed else None
    return Visit(record, Lane(), StateStatus.RUNNING, failure, timed_out)


@pytest.mark.parametrize(
    ("around", "failed", "timed_out", "outcome"),
    [
        ("SUCCEEDED", False, False, "SUCCEEDED"),
        ("SUCCEEDED", True, False, "CAUGHT"),
        ("FAILED", True, False, "FAILED"),
        ("FAILED", True, True, "TIMED_OUT"),
        ("FAILED", False, False, "ABORTED"),
        ("ABORTED", True, False, "ABORTED"),
    ],
)
def test_a_visit_ends_by_how_what_is_around_it_ended(
    around: str, failed: bool, timed_out: bool, outcome: str
) -> None:
    ended = visit(failed=failed, timed_out=timed_out).outcome(StateStatus(around))
    assert ended is StateStatus(outcome)


def test_open_visits_go_before_closed_ones_and_running_before_waiting() -> None:
    record = StateRecord("A", "Task", BEGIN, BEGIN, 1, outcome=StateStatus.FAILED)
    record.counts |= {StateStatus.FAILED: 1, StateStatus.TIMED_OUT: 1}
    assert (record.document()["status"], record.document()["failed"]) == ("FAILED", 2)
    record.counts[StateStatus.WAITING] = 1
    assert record.document()["status"] == "WAITING"
    record.counts[StateStatus.RUNNING] = 2
    assert (record.document()["status"], record.document()["running"]) == ("RUNNING", 3)


@pytest.mark.parametrize(("value", "read"), [(7, 7), ("7", 7), (None, None), ("seven", None)])
def test_a_number_may_be_a_text(value: Any, read: int | None) -> None:
    assert number(value) == read


def test_an_error_may_be_unsaid() -> None:
    event = HistoryEvent(1, 0, "TaskFailed", BEGIN, {"error": "Boom"})
    assert error_of(event) == {"error": "Boom", "cause": None}


def scheduled(**details: Any) -> PendingTask:
    history = History()
    history.main.enter("Task", "Approve").schedule("invoke.waitForTaskToken", **details)
    (task,) = history.fold().tasks
    return task


def test_a_pending_task_knows_its_limits() -> None:
    task = scheduled(timeoutInSeconds=60, heartbeatInSeconds=5)
    assert task == PendingTask(
        event_id=3,
        state="Approve",
        resource="lambda:invoke.waitForTaskToken",
        scheduled_at=BEGIN + timedelta(milliseconds=300),
        timeout_at=BEGIN + timedelta(milliseconds=300, seconds=60),
        heartbeat_seconds=5,
    )


def test_a_pending_task_has_its_parameters_unless_they_are_too_large() -> None:
    assert scheduled().parameters is None
    task = scheduled(parameters='{"order": 7}')
    assert (task.parameters, task.too_large) == ('{"order": 7}', False)
    whole, large = "x" * MOST_PARAMETERS, "x" * (MOST_PARAMETERS + 1)
    assert scheduled(parameters=whole).parameters == whole
    assert (scheduled(parameters=large).parameters, scheduled(parameters=large).too_large) == (
        None,
        True,
    )


def test_a_pending_activity_has_its_input() -> None:
    history = History()
    history.main.enter("Task", "Inspect")
    history.main.then("ActivityScheduled", resource="arn:activity:inspect", input='{"order": 7}')
    (task,) = history.fold().tasks
    assert task.parameters == '{"order": 7}'
    assert "order" not in repr(task)


def test_a_pending_task_without_limits_has_none() -> None:
    assert (scheduled().timeout_at, scheduled().heartbeat_seconds) == (None, None)


def test_limits_may_be_written_as_texts_or_be_beyond_all_time() -> None:
    assert scheduled(heartbeatInSeconds="5").heartbeat_seconds == 5
    assert scheduled(timeoutInSeconds=10**15).timeout_at is None


def test_a_summary_tells_when_a_state_was_first_entered_and_last_changed() -> None:
    projection = History().main.visit("Pass", "Prepare").task("Charge").history.fold()
    state = projection.states["Charge"]
    assert state["first_entered_at"] == rfc3339(BEGIN + timedelta(milliseconds=400))
    assert state["last_changed_at"] == rfc3339(BEGIN + timedelta(milliseconds=800))
    assert "Charge" in projection.changed_since(7).states
    assert "Charge" not in projection.changed_since(8).states


def test_who_was_shown_a_summary_keeps_it() -> None:
    track = History().main.enter("Task", "Charge")
    projection = Projection()
    projection.fold(track.history.events)
    shown = projection.states["Charge"]
    projection.fold(track.schedule().then("TaskSucceeded").exit("Task", "Charge").history.events)
    assert shown["status"] == StateStatus.RUNNING
    assert projection.states["Charge"]["status"] == StateStatus.SUCCEEDED
