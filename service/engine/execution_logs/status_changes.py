"""Writes an execution's change of status as EventBridge has it.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from .log_lines import milliseconds

MOST_PAYLOAD_BYTES = 248 * 1024
"""Input and output together; past it AWS leaves both out."""

_AS_THEY_ARE = (
    "executionArn", "stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn",
    "name", "status", "error", "cause", "mapRunArn", "redriveCount",
)  # fmt: skip


def status_change(described: Mapping[str, Any], at: datetime) -> str:
    """`described` has DescribeExecution's fields, with datetimes."""
    _, _, _, region, account_id, *_ = described["executionArn"].split(":")
    payloads = {name: described.get(name) for name in ("input", "output")}
    included = sum(len((each or "").encode()) for each in payloads.values()) <= MOST_PAYLOAD_BYTES
    detail = {
        **{name: described.get(name) for name in _AS_THEY_ARE},
        **{name: each if included else None for name, each in payloads.items()},
        **{f"{name}Details": each and {"included": included} for name, each in payloads.items()},
        **{name: _ms(described.get(name)) for name in ("startDate", "stopDate", "redriveDate")},
    }
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": account_id,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [described["executionArn"]],
        "detail": detail,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _ms(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)
