"""The execution's own fields, and changes."""

from datetime import timedelta

import pytest

from handrail.core.history.facts import Change, ExecutionFields, ExecutionRecord, HistoryGap
from handrail.core.models import ExecutionStatus, HistoryEvent
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


ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:order"
BY_ALIAS = {"stateMachineVersionArn": f"{ARN}:3", "stateMachineAliasArn": f"{ARN}:live"}


@pytest.mark.parametrize(
    ("details", "version", "alias"),
    [
        ({}, None, None),
        ({"stateMachineVersionArn": None, "stateMachineAliasArn": None}, None, None),
        ({"stateMachineVersionArn": f"{ARN}:3"}, "3", None),
        (BY_ALIAS, "3", "live"),
    ],
)
def test_the_first_event_tells_the_version_and_the_alias_it_was_started_by(
    details: dict[str, str | None], version: str | None, alias: str | None
) -> None:
    record = ExecutionRecord()
    record.apply(HistoryEvent(1, 0, "ExecutionStarted", BEGIN, {"input": "{}", **details}))
    assert record.fields is not None
    assert (record.fields.version, record.fields.alias) == (version, alias)


def test_a_redriven_execution_runs_the_version_that_it_ran() -> None:
    record = ExecutionRecord()
    record.apply(HistoryEvent(1, 0, "ExecutionStarted", BEGIN, BY_ALIAS))
    record.apply(HistoryEvent(2, 1, "ExecutionFailed", BEGIN, {"error": "Boom"}))
    record.apply(HistoryEvent(3, 2, "ExecutionRedriven", BEGIN, {"redriveCount": 1}))
    assert record.fields is not None
    assert (record.fields.version, record.fields.alias) == ("3", "live")
    assert (record.changed_by["version"], record.changed_by["alias"]) == (1, 1)
