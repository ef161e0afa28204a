"""The execution's own fields, and changes."""

from datetime import timedelta

from service.core.history.facts import Change, ExecutionFields, ExecutionRecord, HistoryGap
from service.core.models import ExecutionStatus, HistoryEvent
from tests.core.histories import BEGIN, History


def order() -> History:
    history = History('{"order": 1}')
    history.main.visit("Pass", "Prepare").task("Charge").then("ExecutionSucceeded", output="{}")
    return history


def test_an_execution_runs_from_its_first_event_on_whatever_that_is() -> None:
    record = ExecutionRecord()
    record.apply(HistoryEvent(5, 0, "PassStateEntered", BEGIN, {"name": "A"}))
    assert record.fields == ExecutionFields(ExecutionStatus.RUNNING, BEGIN)
    assert set(record.changed_by.values()) == {5}


def test_a_field_is_changed_by_the_event_that_gave_it_another_value() -> None:
    record = ExecutionRecord()
    record.apply(HistoryEvent(1, 0, "ExecutionStarted", BEGIN, {"input": "{}"}))
    record.apply(HistoryEvent(2, 1, "ExecutionFailed", BEGIN, {"error": "Boom"}))
    changed = {name for name, event_id in record.changed_by.items() if event_id == 2}
    assert changed == {"status", "stopped_at", "error"}


def test_a_change_without_anything_is_none() -> None:
    assert not Change()
    assert Change(states=frozenset({"A"}))
    assert Change(execution=frozenset({"status"}))
    assert Change(tasks=True)


def test_a_gap_says_what_is_missing() -> None:
    assert str(HistoryGap(4, 6)) == "event 5 is missing: 6 follows 4"


def test_the_execution_s_fields_come_from_its_own_events() -> None:
    execution = order().fold().execution
    assert execution is not None
    assert execution.status is ExecutionStatus.SUCCEEDED
    assert execution.started_at == BEGIN + timedelta(milliseconds=100)
    assert execution.stopped_at == BEGIN + timedelta(milliseconds=900)
    assert (execution.input, execution.output) == ('{"order": 1}', "{}")
    assert not execution.input_truncated


def test_a_truncated_payload_is_said_to_be() -> None:
    history = History()
    history.main.then("ExecutionSucceeded", output="[", outputDetails={"truncated": True})
    execution = history.fold().execution
    assert execution is not None
    assert execution.output_truncated
    assert not execution.input_truncated
