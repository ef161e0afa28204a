"""Reads EventBridge's status changes and CloudWatch Logs' lines as nudges. Pure.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import Literal

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from handrail.core.apigateway import Nudge
from handrail.core.errors import ExecutionNotFound
from handrail.core.history.events import parse_logged_event
from handrail.core.json_text import exact
from handrail.core.models import ExecutionId, ExecutionStatus

from .invocation import Event

GZIP = 31
"""zlib's window bits for a gzip header and trailer."""

MAX_LOGS_BYTES = 32 * 1024 * 1024
"""Unpacked. CloudWatch Logs gathers about 1 MB; an event for a function has 6 MB at most."""

ENDINGS = frozenset(
    {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
)


class Unreadable(Exception):
    """An event that isn't what its kind looks like. The text quotes nothing of it."""


class News(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class StatusChange(News):
    source: Literal["aws.states"]
    detail_type: Literal["Step Functions Execution Status Change"] = Field(alias="detail-type")
    execution_arn: str = Field(validation_alias=AliasPath("detail", "executionArn"))
    status: ExecutionStatus = Field(validation_alias=AliasPath("detail", "status"))
    redrives: int | None = Field(None, ge=0, validation_alias=AliasPath("detail", "redriveCount"))


class LogLine(News):
    message: str = Field(repr=False)


class LogBatch(News):
    kind: str = Field(alias="messageType")
    lines: tuple[LogLine, ...] = Field((), alias="logEvents", repr=False)


class LogsEvent(News):
    data: str = Field(validation_alias=AliasPath("awslogs", "data"), repr=False)


def status_change(event: Event) -> Nudge | None:
    """None for an Express execution, which has no history. Raises Unreadable."""
    try:
        change = StatusChange.model_validate(event)
        id = ExecutionId.parse(change.execution_arn)
    except (ValidationError, ExecutionNotFound):
        raise Unreadable("This is no status change of an execution.") from None
    if id.express:
        return None
    return Nudge(str(id), ended=change.status.terminal, redrives=change.redrives or 0)


def logged(event: Event) -> tuple[Nudge, ...]:
    """Reads one nudge an execution; control messages bring none. Raises Unreadable."""
    try:
        text = unpacked(LogsEvent.model_validate(event).data)
        batch = LogBatch.model_validate_json(text)
    except ValidationError:
        raise Unreadable("This is no batch of log lines.") from None
    if batch.kind != "DATA_MESSAGE":
        return ()
    return merged(filter(None, (_of_line(line.message) for line in batch.lines)))


def unpacked(data: str) -> bytes:
    """Undoes base64 and gzip. Raises Unreadable, also for more than MAX_LOGS_BYTES."""
    unpacking = zlib.decompressobj(GZIP)
    try:
        text = unpacking.decompress(b64decode(data, validate=True), MAX_LOGS_BYTES)
    except (NotBase64, zlib.error, ValueError):
        raise Unreadable("These log lines can't be unpacked.") from None
    if not unpacking.eof:
        raise Unreadable("These log lines are cut off, or too many.")
    return text


def merged(nudges: Iterable[Nudge]) -> tuple[Nudge, ...]:
    """Merges nudges into one an execution, which knows what any of them does and was tried as often
    as the least tried."""
    found: dict[str, Nudge] = {}
    for nudge in nudges:
        known = found.get(nudge.execution, nudge)
        newest = max(known.event_id or 0, nudge.event_id or 0)
        ended = known.ended or nudge.ended
        again = min(known.again, nudge.again)
        redrives = max(known.redrives, nudge.redrives)
        found[nudge.execution] = Nudge(nudge.execution, newest or None, ended, again, redrives)
    return tuple(found.values())


def _of_line(text: str) -> Nudge | None:
    """None for what isn't a line of a Standard execution's: others may write to the group too."""
    try:
        line = exact(text)  # a cause that AWS cut may end in half a character
        event, id = parse_logged_event(line), ExecutionId.parse(line["execution_arn"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, ExecutionNotFound):
        return None
    return None if id.express else Nudge(str(id), event.id, ended=event.type in ENDINGS)
