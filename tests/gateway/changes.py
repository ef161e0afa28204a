"""What Step Functions itself sends when an execution changes, which the embedded engine doesn't:
EventBridge's status changes, and log lines at level ALL.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests import events

DATA = {"input", "output", "parameters"}


def status_change(description: Mapping[str, Any]) -> events.Event:
    """The event of the status that DescribeExecution answered."""
    arn: str = description["executionArn"]
    stopped_at = description.get("stopDate")
    return events.status_change(
        arn.split(":execution:")[1],
        description["status"],
        executionArn=arn,
        stateMachineArn=description["stateMachineArn"],
        startDate=_ms(description["startDate"]),
        stopDate=_ms(stopped_at) if stopped_at else None,
        input=description.get("input"),
        output=description.get("output"),
        error=description.get("error"),
        cause=description.get("cause"),
    )


def log_lines(
    execution_arn: str, history: Iterable[Mapping[str, Any]], *, data: bool = True
) -> list[str]:
    """The lines of these history events, as GetExecutionHistory answered them."""
    return [_line(execution_arn, event, data=data) for event in history]


def _line(execution_arn: str, event: Mapping[str, Any], *, data: bool) -> str:
    line = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": _details(event, data=data),
        "previous_event_id": str(event.get("previousEventId", 0)),
        "event_timestamp": str(_ms(event["timestamp"])),
        "execution_arn": execution_arn,
        "redrive_count": "0",
    }
    return json.dumps(line, separators=(",", ":"))


def _details(event: Mapping[str, Any], *, data: bool) -> dict[str, Any]:
    """The event's one `…EventDetails`, payloads with a note on truncation, or without payloads."""
    found = [value for name, value in event.items() if name.endswith("EventDetails")]
    details: dict[str, Any] = dict(found[0]) if found else {}
    for name in DATA & details.keys():
        if not data:
            del details[name]
        elif name != "parameters":
            details[f"{name}Details"] = {"truncated": False}
    return details


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
