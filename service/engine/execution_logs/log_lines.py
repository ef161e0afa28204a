"""Writes history events as Step Functions logs them.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from moto.stepfunctions.parser.api import LogLevel
from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for

from handrail.engine.errors import AwsError

OVERHEAD_BYTES = 26
MOST_BYTES = 256 * 1024 - OVERHEAD_BYTES
"""Of a line: CloudWatch Logs counts some bytes more for each event.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""

_GROUP = re.compile(r"arn:[^:]+:logs:[^:]+:[^:]+:log-group:([\w./#-]{1,512}):\*")
_INVALID = "InvalidLoggingConfiguration"
_PAYLOADS = {"input", "output", "parameters", "assignedVariables"}
_DATA = _PAYLOADS | {"inputDetails", "outputDetails", "assignedVariablesDetails"}


@dataclass(frozen=True, slots=True)
class LogDestination:
    """What is logged of an execution, and the name of the log group it goes to."""

    group: str
    level: LogLevel
    data: bool

    @classmethod
    def of(cls, configuration: Mapping[str, Any] | None) -> Self | None:
        """A state machine's `loggingConfiguration`; None where it logs nothing. Raises AwsError."""
        found = configuration or {}
        try:
            level = LogLevel(found.get("level") or LogLevel.OFF)
            if level == LogLevel.OFF:
                return None
            (destination,) = found["destinations"]
            group = _GROUP.fullmatch(destination["cloudWatchLogsLogGroup"]["logGroupArn"])
        except (KeyError, TypeError, ValueError) as error:
            problem = "A level, and one log group as its destination, must be given."
            raise AwsError(_INVALID, problem) from error
        if group is None:
            raise AwsError(_INVALID, "The destination is no log group's ARN, with :* at its end.")
        return cls(group[1], level, bool(found.get("includeExecutionData")))

    def wants(self, event_type: Any) -> bool:
        return bool(is_logging_enabled_for(self.level, event_type))


def line_of(event: Mapping[str, Any], execution_arn: str, redrives: int, *, data: bool) -> str:
    """`event` is the interpreter's. Without `data` the line has no payload; one that would be too
    long for CloudWatch Logs has its payloads cut, and says so."""
    found = next((each for name, each in event.items() if name.endswith("EventDetails")), None)
    details = {name: each for name, each in (found or {}).items() if each is not None}
    if not data:
        details = {name: each for name, each in details.items() if name not in _DATA}
    line = {
        "id": str(event["id"]),
        "type": event["type"].value,
        "details": details,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(milliseconds(datetime.fromisoformat(event["timestamp"]))),
        "execution_arn": execution_arn,
        "redrive_count": str(redrives),
    }
    text = _written(line)
    while (over := len(text.encode()) - MOST_BYTES) > 0 and _shorten(details, over):
        text = _written(line)
    return text


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shorten(details: dict[str, Any], over: int) -> bool:
    """Cuts the longest payload by what the line has too much, if there is something to cut."""
    name = max(_PAYLOADS & details.keys(), key=lambda name: _size(details[name]), default="")
    if not name or not _size(details[name]):
        return False
    payload, marked = details[name], f"{name}Details"
    if isinstance(payload, str):
        encoded, written = payload.encode(), len(_written(payload).encode())
        kept = max(0, len(encoded) * (written - over) // written)  # as if escapes were even
        details[name] = encoded[:kept].decode(errors="ignore")
    else:
        del details[name]
    if name != "parameters":  # which have no such mark
        details[marked] = {**details.get(marked, {}), "truncated": True}
    return True


def _size(payload: Any) -> int:
    return len(payload) if isinstance(payload, str) else len(_written(payload))
