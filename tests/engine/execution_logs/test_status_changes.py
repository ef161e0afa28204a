"""Status changes are those that EventBridge has."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from handrail.core.models import ExecutionStatus
from handrail.core.pushes import PushedStatus, parse_push
from handrail.engine.execution_logs.status_changes import MOST_PAYLOAD_BYTES, status_change

AT = datetime(2026, 11, 27, 10, 20, 30, 123_000, UTC)
ARN = "arn:aws:states:us-east-1:123456789012:execution:orders:order-1"
ENDED = {
    "executionArn": ARN,
    "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:orders",
    "name": "order-1",
    "status": "FAILED",
    "startDate": AT,
    "stopDate": AT + timedelta(seconds=2),
    "error": "Broken",
    "cause": "It broke.",
    "input": "{}",
    "output": None,
    "redriveCount": 1,
}


def change(**changed: Any) -> dict[str, Any]:
    text = status_change({**ENDED, **changed}, AT.astimezone(timezone(timedelta(hours=2))))
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_change_has_its_times_in_milliseconds() -> None:
    found = change()
    assert found["source"] == "aws.states"
    assert found["detail-type"] == "Step Functions Execution Status Change"
    assert (found["account"], found["region"]) == ("123456789012", "us-east-1")
    assert (found["time"], found["resources"]) == ("2026-11-27T10:20:30Z", [ARN])
    detail = found["detail"]
    assert (detail["startDate"], detail["stopDate"]) == (1_795_774_830_123, 1_795_774_832_123)
    assert (detail["status"], detail["error"], detail["cause"]) == ("FAILED", "Broken", "It broke.")
    assert (detail["input"], detail["inputDetails"]) == ("{}", {"included": True})
    assert (detail["output"], detail["outputDetails"]) == (None, None)


def test_the_service_reads_it() -> None:
    (found,) = parse_push(status_change(ENDED, AT).encode())
    assert isinstance(found, PushedStatus)
    assert (str(found.execution), found.account.region) == ("orders:order-1", "us-east-1")
    assert (found.status, found.redrive_count) == (ExecutionStatus.FAILED, 1)
    assert (found.started_at, found.stopped_at) == (AT, AT + timedelta(seconds=2))


def test_payloads_that_are_too_large_together_are_left_out() -> None:
    half = "x" * (MOST_PAYLOAD_BYTES // 2)
    assert change(input=half, output=half)["detail"]["output"] == half
    detail = change(input=half, output=half + "y")["detail"]
    assert (detail["input"], detail["output"]) == (None, None)
    assert detail["inputDetails"] == detail["outputDetails"] == {"included": False}
