"""Small definitions the tests are written against."""

import json
from datetime import UTC, datetime

from handrail.core.definition.definition import Definition
from handrail.core.models import HistoryEvent, Json

AT = datetime(2026, 11, 22, 7, 40, tzinfo=UTC)
AWS_TOKEN = "AAAAKgAAAAIAAAAAAAAAA" + "b7/Q+x9Lk2" * 60 + "Zk=="
UUID_TOKEN = "0b6dc2b1-5a0e-4c39-9f6c-7d1f2a3b4c5d"
SQS_WAIT = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def machine(states: dict[str, Json], start_at: str | None = None, **top: Json) -> Definition:
    """A definition that starts at its first state."""
    raw = {"StartAt": start_at or next(iter(states)), "States": states, **top}
    return Definition.parse(json.dumps(raw))


def task(**fields: Json) -> dict[str, Json]:
    """A Task that nobody could complain about."""
    plain = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": 60,
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
    }
    return {**plain, **({} if "Next" in fields else {"End": True}), **fields}


def scheduled(parameters: Json, *, resource: str = "sendMessage.waitForTaskToken") -> HistoryEvent:
    """A TaskScheduled event that called its resource with these parameters."""
    details: dict[str, Json] = {
        "resourceType": "sqs",
        "resource": resource,
        "region": "eu-west-1",
        "parameters": json.dumps(parameters),
    }
    return HistoryEvent(3, 2, "TaskScheduled", AT, details, "taskScheduledEventDetails")
