import json
from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.core.history.events import (
    event_document,
    parse_document,
    parse_event,
    parse_logged_event,
)
from handrail.core.models import HistoryEvent

AT = datetime(2026, 1, 1, 12, 0, 0, 250000, tzinfo=UTC)
SCHEDULED = {
    "id": 3,
    "previousEventId": 2,
    "type": "TaskScheduled",
    "timestamp": AT,
    "taskScheduledEventDetails": {
        "resourceType": "sqs",
        "resource": "sendMessage.waitForTaskToken",
        "region": "us-east-1",
        "parameters": '{"MessageBody": {"OrderId": 1}}',
        "timeoutInSeconds": 600,
        "taskCredentials": {"roleArn": "arn:aws:iam::111111111111:role/r"},
    },
}


def test_an_event_keeps_the_very_details_it_was_given() -> None:
    event = parse_event(SCHEDULED)
    assert (event.id, event.previous_id, event.type, event.at) == (3, 2, "TaskScheduled", AT)
    assert event.details is SCHEDULED["taskScheduledEventDetails"]
    assert event.details_key == "taskScheduledEventDetails"


@pytest.mark.parametrize(
    "timestamp", [AT, "2026-01-01T12:00:00.250Z", "2026-01-01T13:00:00.250+01:00", AT.timestamp()]
)
def test_an_event_s_time_may_be_written_in_several_ways(timestamp: datetime | str | float) -> None:
    assert parse_event({**SCHEDULED, "timestamp": timestamp}).at == AT


def test_a_time_without_a_zone_is_utc() -> None:
    naive = AT.replace(tzinfo=None)
    assert parse_event({**SCHEDULED, "timestamp": naive}).at == AT


@pytest.mark.parametrize("state_type", ["Task", "Map", "Succeed", "Fail"])
def test_every_state_s_entry_shares_one_details_key(state_type: str) -> None:
    details = {"name": "Ship", "input": "{}"}
    event = parse_event(
        {
            "id": 2,
            "type": f"{state_type}StateEntered",
            "timestamp": AT,
            "stateEnteredEventDetails": details,
        }
    )
    assert event.details is details
    assert event.previous_id == 0


def test_an_event_without_details_has_none() -> None:
    event = parse_event({"id": 1, "type": "ParallelStateStarted", "timestamp": AT})
    assert event.details == {}
    assert event.details_key is None


def test_details_under_an_unexpected_key_are_still_found() -> None:
    event = parse_event(
        {"id": 1, "type": "TaskPaused", "timestamp": AT, "taskNapEventDetails": {"error": "E"}}
    )
    assert event.details == {"error": "E"}
    assert event.details_key == "taskNapEventDetails"


def test_a_logged_event_reads_like_one_of_the_history() -> None:
    event = parse_logged_event(
        {
            "id": "4",
            "type": "PassStateEntered",
            "details": {"name": "Select", "input": "{}", "inputDetails": {"truncated": False}},
            "previous_event_id": "3",
            "event_timestamp": "1767268800250",
            "execution_arn": "arn:aws:states:us-east-1:111111111111:express:m:n:u",
        }
    )
    assert (event.id, event.previous_id, event.at) == (4, 3, AT)
    assert event.details["name"] == "Select"
    assert event.details_key == "stateEnteredEventDetails"


def test_a_log_s_numbers_are_those_of_the_history() -> None:
    line = {"id": "2", "type": "MapStateStarted", "event_timestamp": "1767268800250"}
    assert parse_logged_event({**line, "details": {"length": "3"}}).details == {"length": 3}
    assert parse_logged_event({**line, "details": {"name": "3"}}).details == {"name": "3"}


def test_a_document_has_snake_case_keys_and_untouched_payloads() -> None:
    assert event_document(parse_event(SCHEDULED)) == {
        "id": 3,
        "type": "TaskScheduled",
        "timestamp": "2026-01-01T12:00:00.250Z",
        "previous_event_id": 2,
        "task_scheduled_event_details": {
            "resource_type": "sqs",
            "resource": "sendMessage.waitForTaskToken",
            "region": "us-east-1",
            "parameters": '{"MessageBody": {"OrderId": 1}}',
            "timeout_in_seconds": 600,
            "task_credentials": {"role_arn": "arn:aws:iam::111111111111:role/r"},
        },
    }


def test_a_document_leaves_the_caller_s_variable_names_alone() -> None:
    details: dict[str, Any] = {
        "name": "S",
        "assignedVariables": {"orderId": '"1"'},
        "assignedVariablesDetails": {"truncated": False},
        "outputDetails": {"truncated": True},
    }
    event = HistoryEvent(2, 0, "PassStateExited", AT, details, "stateExitedEventDetails")
    shown: dict[str, Any] = {**event_document(event)}
    assert shown["state_exited_event_details"] == {
        "name": "S",
        "assigned_variables": {"orderId": '"1"'},
        "assigned_variables_details": {"truncated": False},
        "output_details": {"truncated": True},
    }


def test_a_document_of_an_event_without_details_has_no_such_key() -> None:
    event = HistoryEvent(5, 4, "ParallelStateSucceeded", AT, {})
    assert set(event_document(event)) == {"id", "type", "timestamp", "previous_event_id"}


def test_a_document_of_an_event_is_read_as_the_event() -> None:
    details = {
        "output": "{}",
        "outputDetails": {"truncated": False},
        "resourceType": "lambda",
        "assignedVariables": {"my_name": "1", "Other": "2"},
    }
    at = datetime(2026, 1, 1, tzinfo=UTC)
    event = HistoryEvent(7, 6, "TaskSucceeded", at, details, "taskSucceededEventDetails")
    bare = HistoryEvent(8, 7, "TaskStarted", at, {}, None)
    for one in (event, bare):
        assert parse_document(json.loads(json.dumps(event_document(one)))) == one
