"""Reads what AWS pushes about executions: log lines that a subscription of CloudWatch Logs gathers,
and EventBridge's status changes. Nothing is believed because it was pushed: numbers decide.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from .errors import ExecutionNotFound
from .history.events import parse_logged_event
from .json_grammar import is_json
from .json_text import exact
from .models import Account, ExecutionId, ExecutionStatus, HistoryEvent, Json, from_ms

GZIP = 31
"""zlib's window bits for a gzip header and trailer."""

GZIP_MAGIC = b"\x1f\x8b"

MAX_UNPACKED_BYTES = 32 * 1024 * 1024
"""Of one record. CloudWatch Logs gathers about 1 MB; an event for a function has 6 MB at most."""

CUT_BYTES = 200_000
"""Step Functions cuts a payload of about 248 KiB; a shorter one isn't looked at."""

_INPUTS = {"ExecutionStarted", "LambdaFunctionScheduled", "ActivityScheduled"}
_OUTPUTS = {
    "ExecutionSucceeded",
    "TaskSubmitted",
    "TaskSucceeded",
    "LambdaFunctionSucceeded",
    "ActivitySucceeded",
}
_FAILURES = ("Failed", "TimedOut", "Aborted")
_FAILING = ("Execution", "Task", "LambdaFunction", "Activity", "MapRunFailed", "Evaluation")


class Unreadable(Exception):
    """What was pushed isn't what its kind looks like. The text quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class PushedEvent:
    """One event as Step Functions logged it, task tokens and all: a secret until it is redacted.
    `truncated` where a payload is cut, or left out since logs are without execution data."""

    execution: ExecutionId
    account: Account
    event: HistoryEvent = field(repr=False)
    truncated: bool
    redrive_count: int


@dataclass(frozen=True, slots=True)
class PushedStatus:
    """A status change of a Standard execution, which may come late, or never."""

    execution: ExecutionId
    account: Account
    status: ExecutionStatus
    redrive_count: int
    started_at: datetime
    stopped_at: datetime | None


Push: TypeAlias = PushedEvent | PushedStatus


class Pushed(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


Ms = Annotated[int, Field(ge=0, le=10**14)]


class StatusChange(Pushed):
    source: Literal["aws.states"]
    detail_type: Literal["Step Functions Execution Status Change"] = Field(alias="detail-type")
    execution_arn: str = Field(validation_alias=AliasPath("detail", "executionArn"))
    status: ExecutionStatus = Field(validation_alias=AliasPath("detail", "status"))
    started: Ms = Field(validation_alias=AliasPath("detail", "startDate"))
    stopped: Ms | None = Field(None, validation_alias=AliasPath("detail", "stopDate"))
    redrives: int | None = Field(None, ge=0, validation_alias=AliasPath("detail", "redriveCount"))


class LogLine(Pushed):
    message: str = Field(repr=False)


class LogBatch(Pushed):
    kind: str = Field(alias="messageType")
    lines: tuple[LogLine, ...] = Field((), alias="logEvents", repr=False)


def parse_push(data: bytes) -> tuple[Push, ...]:
    """Reads one record of a stream. Raises Unreadable."""
    found = (push for text in unpacked(data) for push in pushes_of(text))
    return tuple(push for push in found if push is not None)


def unpacked(data: bytes) -> Iterator[bytes]:
    """The texts of a record: one that isn't gzip'd, or gzip's members, one behind the other. Raises
    Unreadable, also for more than MAX_UNPACKED_BYTES."""
    if not data.startswith(GZIP_MAGIC):
        yield data
        return
    left = MAX_UNPACKED_BYTES
    while data:
        unpacking = zlib.decompressobj(GZIP)
        try:
            text = unpacking.decompress(data, left + 1)
        except zlib.error:
            raise Unreadable("This can't be unpacked.") from None
        left -= len(text)
        if not unpacking.eof or left < 0:
            raise Unreadable("This is cut off, or too much.")
        yield text
        data = unpacking.unused_data


def pushes_of(text: bytes) -> Iterator[Push | None]:
    """Reads a batch of log lines, a line at a time, so that whoever iterates may pause; or one
    status change. None for what says nothing about an execution. Raises Unreadable at the first."""
    try:
        batch = LogBatch.model_validate_json(text)
    except ValidationError:
        yield _status_in(text)
        return
    for line in batch.lines if batch.kind == "DATA_MESSAGE" else ():
        yield _event_in(line.message)


def parse_status(event: Mapping[str, Json]) -> PushedStatus:
    """Reads an event of EventBridge's. Raises Unreadable."""
    try:
        change = StatusChange.model_validate(event)
        return PushedStatus(
            ExecutionId.parse(change.execution_arn),
            Account.of(change.execution_arn),
            change.status,
            change.redrives or 0,
            from_ms(change.started),
            None if change.stopped is None else from_ms(change.stopped),
        )
    except (ValidationError, ExecutionNotFound, ValueError):
        raise Unreadable("This is no status change of an execution.") from None


def _status_in(text: bytes) -> PushedStatus:
    try:
        event = exact(text)  # a cause that AWS cut may end in half a character
    except ValueError:
        event = None
    if not isinstance(event, Mapping):
        raise Unreadable("This is neither a batch of log lines nor an event.")
    return parse_status(event)


def _event_in(text: str) -> PushedEvent | None:
    """None for what is no line of an execution's: others may write to the log group too."""
    try:
        line = exact(text)
        event, arn = parse_logged_event(line), line["execution_arn"]
        id, account = ExecutionId.parse(arn), Account.of(arn)
        redrives = int(line.get("redrive_count") or 0)
        if event.id < 1 or redrives < 0 or not isinstance(event.details, Mapping):
            return None
        return PushedEvent(id, account, event, _is_truncated(event), redrives)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, ExecutionNotFound):
        return None


def _is_truncated(event: HistoryEvent) -> bool:
    """Whether a payload of the event is cut or missing. `…Details.truncated` says so; parameters
    have no such mark, so a long one must be whole JSON."""
    names = _payloads_of(event.type)
    if names and not any(isinstance(event.details.get(name), str) for name in names):
        return True
    return any(
        (isinstance(value, Mapping) and value.get("truncated") is True)
        if name.endswith("Details")
        else (name in names and isinstance(value, str) and _is_cut(name, value))
        for name, value in event.details.items()
    )


def _is_cut(name: str, payload: str) -> bool:
    return len(payload) > CUT_BYTES and name not in {"error", "cause"} and not is_json(payload)


def _payloads_of(kind: str) -> tuple[str, ...]:
    """The members of which an event of this type has at least one where execution data is logged.
    An end without error and cause looks as if they were left out: then the history tells."""
    if kind.endswith("StateEntered") or kind in _INPUTS:
        return ("input",)
    if kind.endswith("StateExited") or kind in _OUTPUTS:
        return ("output",)
    if kind == "TaskScheduled":
        return ("parameters",)
    if kind.endswith(_FAILURES) and kind.startswith(_FAILING) and "State" not in kind:
        return ("error", "cause")
    return ()
