"""Lines are those that Step Functions writes."""

import json
from typing import Any

import pytest
from moto.stepfunctions.parser.api import HistoryEventType

from handrail.core.pushes import PushedEvent, parse_push
from handrail.engine.errors import AwsError
from handrail.engine.execution_logs.log_lines import MOST_BYTES, LogDestination, line_of
from tests.log_batches import batch_of

ARN = "arn:aws:states:us-east-1:123456789012:execution:orders:order-1"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/g:*"


def entered(**details: Any) -> dict[str, Any]:
    return {
        "id": 3,
        "previousEventId": 2,
        "type": HistoryEventType.PassStateEntered,
        "timestamp": "2026-11-27T10:20:30.123Z",
        "stateEnteredEventDetails": {"name": "A", **details},
    }


def pushed(line: str) -> PushedEvent:
    (found,) = parse_push(batch_of(line))
    assert isinstance(found, PushedEvent)
    return found


def test_a_line_has_numbers_as_texts_and_the_details_by_themselves() -> None:
    event = entered(input="{}", inputDetails={"truncated": False})
    assert json.loads(line_of(event, ARN, 1, data=True)) == {
        "id": "3",
        "type": "PassStateEntered",
        "details": {"name": "A", "input": "{}", "inputDetails": {"truncated": False}},
        "previous_event_id": "2",
        "event_timestamp": "1795774830123",
        "execution_arn": ARN,
        "redrive_count": "1",
    }


def test_without_execution_data_there_is_no_payload() -> None:
    line = line_of(entered(input='"secret"', inputDetails={"truncated": False}), ARN, 0, data=False)
    assert json.loads(line)["details"] == {"name": "A"}
    assert pushed(line).truncated


@pytest.mark.parametrize("character", ["x", '"', "ü", "\U0001f600"])
def test_a_line_that_is_too_long_is_cut_and_says_so(character: str) -> None:
    fits = line_of(entered(input="x" * 1000), ARN, 0, data=True)
    assert not pushed(fits).truncated
    line = line_of(entered(input=character * 262_144), ARN, 0, data=True)
    details = json.loads(line)["details"]
    assert MOST_BYTES - 20 <= len(line.encode()) <= MOST_BYTES
    assert details["inputDetails"] == {"truncated": True}
    assert set(details["input"]) == {character}
    assert pushed(line).truncated


def test_parameters_and_variables_are_cut_too() -> None:
    scheduled = {**entered(), "type": HistoryEventType.TaskScheduled}
    del scheduled["stateEnteredEventDetails"]
    parameters = json.dumps({"text": "x" * 300_000})
    scheduled["taskScheduledEventDetails"] = {"resource": "publish", "parameters": parameters}
    line = line_of(scheduled, ARN, 0, data=True)
    assert len(line.encode()) <= MOST_BYTES
    assert pushed(line).truncated
    variables = {"assignedVariables": {"a": "x" * 300_000}}
    details = json.loads(line_of(entered(**variables), ARN, 0, data=True))["details"]
    assert details == {"name": "A", "assignedVariablesDetails": {"truncated": True}}


def test_what_nobody_can_cut_stays() -> None:
    line = line_of(entered(cause="x" * 300_000), ARN, 0, data=True)
    assert len(json.loads(line)["details"]["cause"]) == 300_000


def configured(**changed: Any) -> dict[str, Any]:
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]
    return {"level": "ALL", "destinations": destinations, **changed}


def test_a_level_decides_which_events_are_logged() -> None:
    wanted = {
        level: [
            kind
            for kind in ("PassStateEntered", "TaskFailed", "ExecutionFailed")
            if (found := LogDestination.of(configured(level=level)))
            and found.wants(HistoryEventType(kind))
        ]
        for level in ("ALL", "ERROR", "FATAL", "OFF")
    }
    assert wanted == {
        "ALL": ["PassStateEntered", "TaskFailed", "ExecutionFailed"],
        "ERROR": ["TaskFailed", "ExecutionFailed"],
        "FATAL": ["ExecutionFailed"],
        "OFF": [],
    }


@pytest.mark.parametrize("nothing", [None, {}, {"level": "OFF"}])
def test_without_a_level_nothing_is_logged(nothing: Any) -> None:
    assert LogDestination.of(nothing) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "DEBUG"},
        {"destinations": []},
        {"destinations": None},
        {"destinations": [{"cloudWatchLogsLogGroup": {}}]},
        {"destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "/g"}}]},
        {"destinations": configured()["destinations"] * 2},
    ],
)
def test_a_configuration_that_aws_would_refuse_is_refused(wrong: Any) -> None:
    with pytest.raises(AwsError) as caught:
        LogDestination.of(configured(**wrong))
    assert caught.value.type == "InvalidLoggingConfiguration"
