"""The Step Functions account a stub server shows: machines, executions and their histories.

Everything is plain data that a test writes to directly, or through `StepFunctionsStub`. Times are
aware UTC; on the wire they become seconds since 1970, as AWS sends them.
"""

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
START = datetime(2026, 1, 1, tzinfo=UTC)
PASS_DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}})

Event = dict[str, Any]
"""One history event as GetExecutionHistory sends it (`id`, `previousEventId`, `type` …)."""

Kept = TypeVar("Kept")


class Refusal(Exception):
    """An error answer: AWS's code, its message and the HTTP status it travels with."""

    def __init__(self, code: str, message: str = "", *, status: int = 400) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or f"{code} says the stub"
        self.status = status


READS = frozenset(
    {
        "DescribeExecution",
        "DescribeStateMachine",
        "DescribeStateMachineForExecution",
        "GetExecutionHistory",
        "ListExecutions",
        "ListStateMachines",
    }
)
"""The operations that may show a write late. The others know of every write at once."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Reads that show a write late: a write made now is seen by those that come both `seconds` (by
    the stub's clock) and `reads` (of the same execution) after it, where they are of these
    `operations`. `inf` hides it until `Account.catch_up`."""

    seconds: float = 0.0
    reads: int = 0
    operations: frozenset[str] = READS


@dataclass(frozen=True, slots=True)
class Hidden(Generic[Kept]):
    """One write that reads don't show yet, and what they show instead: None before there was
    anything. `reads` is how many there were of it."""

    before: Kept | None
    at: datetime
    lag: Lag
    reads: int = 0

    def from_read(self, operation: str, now: datetime, reads: int) -> bool:
        """Whether this read, of so many until now, doesn't show the write."""
        late = (now - self.at).total_seconds() < self.lag.seconds
        return operation in self.lag.operations and (late or reads <= self.reads + self.lag.reads)


@dataclass(slots=True)
class Machine:
    """A state machine; `definition` is JSON text. `versions` are definitions by number, newest
    last; of an `aliases` every start runs the one version it names."""

    name: str
    arn: str
    type: str
    definition: str
    created_at: datetime
    versions: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    hidden: "Hidden[Machine] | None" = None

    def shown(self, operation: str, now: datetime) -> "Machine | None":
        """The machine as a read shows it now; None where it doesn't yet."""
        if self.hidden is None or not self.hidden.from_read(operation, now, 1):
            return self
        return self.hidden.before


@dataclass(slots=True)
class Run:
    """An execution. Set any field to script what DescribeExecution answers."""

    arn: str
    machine: Machine
    name: str
    started_at: datetime
    input: str | None = "{}"
    status: str = "RUNNING"
    stopped_at: datetime | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    redriven_at: datetime | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    trace_header: str | None = None
    input_left_out: bool = False
    events: list[Event] = field(default_factory=list)
    hidden_reads: int = 0
    stale_describes: int = 0
    stale: dict[str, Any] = field(default_factory=dict)
    hidden: "list[Hidden[Run]]" = field(default_factory=list)
    reads: int = 0

    def hide_write(self, lag: Lag, *, now: datetime, first: bool = False) -> None:
        """What is written next is seen late."""
        if lag.seconds or lag.reads:
            before = None if first else copy(self)
            if before is not None:
                before.events = list(self.events)
            self.hidden.append(Hidden(before, now, lag, self.reads))

    def shown(self, operation: str, now: datetime) -> "Run | None":
        """The execution as a read shows it now; None where it doesn't yet."""
        self.reads += 1
        for write in self.hidden:
            if write.from_read(operation, now, self.reads):
                return write.before
        return self

    def append(self, event: Mapping[str, Any], *, now: datetime) -> int:
        """Number the event (where it isn't), date it, keep it; answers its id."""
        event_id = int(event.get("id", len(self.events) + 1))
        previous = 0 if event_id == 1 else event_id - 1
        stamp = event.get("timestamp", now)
        whole = {"id": event_id, "previousEventId": previous, **event, "timestamp": wire(stamp)}
        self.events.append(whole)
        self._follow(whole)
        return event_id

    def summary(self) -> dict[str, Any]:
        """The execution as a line of ListExecutions."""
        return without_none(
            executionArn=self.arn,
            stateMachineArn=self.machine.arn,
            stateMachineVersionArn=self.version_arn,
            stateMachineAliasArn=self.alias_arn,
            name=self.name,
            status=self.status,
            startDate=wire(self.started_at),
            stopDate=wire(self.stopped_at),
            redriveCount=self.redrive_count,
            redriveDate=wire(self.redriven_at),
        )

    def description(self) -> dict[str, Any]:
        """The execution as DescribeExecution shows it."""
        shown = self.summary() | without_none(
            error=self.error, cause=self.cause, traceHeader=self.trace_header
        )
        shown["inputDetails"] = {"included": not self.input_left_out}
        if self.input is not None and not self.input_left_out:
            shown["input"] = self.input
        if self.output is not None:
            shown |= {"output": self.output, "outputDetails": {"included": True}}
        return shown

    def _follow(self, event: Event) -> None:
        """Keep the description in step with what the history says."""
        at = datetime.fromtimestamp(event["timestamp"], UTC)
        match event["type"]:
            case "ExecutionStarted":
                self.started_at = at
                started = event.get("executionStartedEventDetails", {})
                self.input = started.get("input", self.input)
            case "ExecutionSucceeded":
                succeeded = event.get("executionSucceededEventDetails", {})
                self.end("SUCCEEDED", at, output=succeeded.get("output"))
            case "ExecutionFailed":
                self.end("FAILED", at, **_failure(event.get("executionFailedEventDetails", {})))
            case "ExecutionTimedOut":
                timed_out = event.get("executionTimedOutEventDetails", {})
                self.end("TIMED_OUT", at, **_failure(timed_out))
            case "ExecutionAborted":
                self.end("ABORTED", at, **_failure(event.get("executionAbortedEventDetails", {})))
            case "ExecutionRedriven":
                self.status, self.stopped_at, self.redriven_at = "RUNNING", None, at
                self.output = self.error = self.cause = None
                self.redrive_count += 1

    def end(
        self,
        status: str,
        at: datetime,
        *,
        output: str | None = None,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Close the description only; append the terminal event to close the history too."""
        self.status, self.stopped_at = status, at
        self.output, self.error, self.cause = output, error, cause


def wire(at: datetime | float | None) -> float | None:
    """A time as AWS JSON sends it: seconds since 1970 with three decimals."""
    if isinstance(at, datetime):
        return round(at.timestamp(), 3)
    return at


def without_none(**members: Any) -> dict[str, Any]:
    """AWS leaves out what has no value."""
    return {name: value for name, value in members.items() if value is not None}


def _failure(details: Mapping[str, Any]) -> dict[str, str | None]:
    return {"error": details.get("error"), "cause": details.get("cause")}
