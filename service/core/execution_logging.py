"""Declares what Step Functions logs of a state machine's executions."""

from dataclasses import dataclass
from enum import StrEnum


class LogLevel(StrEnum):
    """https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html"""

    ALL = "ALL"
    ERROR = "ERROR"
    FATAL = "FATAL"
    OFF = "OFF"


@dataclass(frozen=True, slots=True)
class ExecutionLogging:
    """Which events of a state machine's executions are logged, and where; the ARN ends in `:*`."""

    level: LogLevel = LogLevel.OFF
    include_execution_data: bool = False
    log_group_arn: str | None = None
