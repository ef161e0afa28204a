"""Callbacks that come by a queue: what a message says, and the port to the queue. Pure.

A message settles a task as REST does: `{"execution": "order:7f3c", "event_id": 14, "outcome":
"success", "output": …}`, or with `"token"` instead of the first two. Payloads stay text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from .errors import FieldError, InvalidRequest, ServiceError
from .json_bodies import NotJson, read_json, with_payloads
from .trace_context import TraceContext

OUTCOMES = Literal["success", "failure", "heartbeat"]
PLACE = "Say which task: an execution and an event_id, or a token."
BROKEN = "The message breaks its schema."
MISSING = "is missing"
_TASK: dict[str, JsonValue] = {
    "oneOf": [{"required": ["execution", "event_id"]}, {"required": ["token"]}],
    "examples": [
        {
            "execution": "order-fulfilment:7f3c",
            "event_id": 14,
            "outcome": "success",
            "output": {"approved": True},
        },
        {
            "execution": "order-fulfilment:7f3c",
            "event_id": 14,
            "outcome": "failure",
            "error": "Denied",
            "cause": "Too dear.",
        },
    ],
}
_FOREIGN: Mapping[str, frozenset[str]] = {
    "success": frozenset({"error", "cause"}),
    "failure": frozenset({"output"}),
    "heartbeat": frozenset({"output", "error", "cause"}),
}


@dataclass(frozen=True, slots=True)
class MessageAttribute:
    """One of a message's attributes, as SQS has them; `type` is `String`, `Number.int` …"""

    type: str
    text: str | None = field(default=None, repr=False)
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message as it was received. `received` counts how often, this time included; `sender` is
    who sent it, as AWS knows it; `group` is a FIFO queue's."""

    id: str
    receipt: str = field(repr=False)
    body: str = field(repr=False)
    received: int = 1
    sender: str | None = None
    group: str | None = None
    trace: TraceContext | None = None
    attributes: Mapping[str, MessageAttribute] = field(default_factory=dict, repr=False)


class CallbackMessage(BaseModel):
    """A callback: the task it is for, by execution and event_id or by token, and its outcome. A
    success has an output, which may be null, a failure an error and a cause, a heartbeat neither.
    It is settled as over REST; what can't be goes to the dead-letter queue."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_extra=_TASK
    )

    execution: Annotated[
        str | None,
        Field(min_length=1, max_length=2048, description="Its id, or its ARN."),
    ] = None
    event_id: Annotated[
        int | None, Field(ge=1, strict=True, description="Of the TaskScheduled event.")
    ] = None
    token: Annotated[
        str | None,
        Field(
            min_length=1, max_length=2048, repr=False, description="Instead of the two: a secret."
        ),
    ] = None
    outcome: OUTCOMES
    output: Any = Field(None, repr=False, description="A success's result, passed on as written.")
    error: Annotated[str | None, Field(max_length=256)] = None
    cause: Annotated[str | None, Field(max_length=32_768, repr=False)] = None


class CallbackQueue(Protocol):
    """The queue that callbacks come by. Every method may also raise Unavailable, Throttled and
    UpstreamRefused, the last also where the queue isn't there."""

    @property
    def name(self) -> str: ...

    @property
    def fifo(self) -> bool: ...

    async def dead_letters(self) -> str | None:
        """The name of its dead-letter queue, as its RedrivePolicy has it now; None without one."""

    async def receive(
        self, limit: int, *, wait_s: int, visible_after_s: int
    ) -> Sequence[QueuedMessage]:
        """Waits up to `wait_s` (20 at most) for 1 to `limit` (10 at most) messages, in the order of
        a FIFO queue's group. They are seen again by others after so many seconds, unless they are
        deleted before."""

    async def delete(self, message: QueuedMessage) -> None:
        """Repeated, it changes nothing."""

    async def show_after(self, message: QueuedMessage, seconds: int) -> None:
        """Has the message seen again after so many seconds from now, 0 to 43,200."""

    async def bury(self, message: QueuedMessage, problem: ServiceError) -> bool:
        """Puts a copy of the message into the dead-letter queue, the problem as attributes. False
        where the queue has none. Raises InvalidRequest where it takes no such message."""


def received_message(
    id: str,
    receipt: str,
    body: str,
    system: Mapping[str, str],
    sent: Mapping[str, MessageAttribute],
) -> QueuedMessage:
    """The message of these system attributes, and of those that its sender gave it."""
    received, trace = system.get("ApproximateReceiveCount", "1"), sent.get("traceparent")
    came = TraceContext.of_traceparent(trace.text or "") if trace is not None else None
    return QueuedMessage(
        id,
        receipt,
        body,
        received=max(1, int(received)) if received.isdigit() else 1,
        sender=system.get("SenderId"),
        group=system.get("MessageGroupId"),
        trace=came or TraceContext.of_xray(system.get("AWSTraceHeader", "")),
        attributes=sent,
    )


def lanes_of(messages: Sequence[QueuedMessage], *, fifo: bool) -> list[list[QueuedMessage]]:
    """Splits what was received into what is to be treated one after the other: a FIFO queue's
    groups, else each message by itself (a group of a standard queue says nothing of order)."""
    lanes: dict[str, list[QueuedMessage]] = {}
    for message in messages:
        key = message.group if fifo and message.group is not None else message.receipt
        lanes.setdefault(key, []).append(message)
    return list(lanes.values())


def parse_callback(body: str) -> CallbackMessage:
    """Reads a message's text; its output is JsonText. Raises InvalidRequest (InvalidOutput for an
    output that isn't taken), whose texts hold nothing of the message's own."""
    try:
        text = with_payloads(read_json(body), body, ("output",))
        read = CallbackMessage.model_validate(text)
    except NotJson as error:
        raise InvalidRequest(f"The message is not JSON: {error}.") from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidRequest(BROKEN, errors=[_broken(each) for each in found]) from None
    except InvalidRequest as error:
        if all(each.path in CallbackMessage.model_fields for each in error.errors):
            raise
        raise InvalidRequest(BROKEN) from None  # it names a member, which may hold anything
    _check(read)
    return read


def _broken(error: ErrorDetails) -> FieldError:
    path = str(error["loc"][0]) if error["loc"] else ""
    return FieldError(path if path in CallbackMessage.model_fields else "", error["msg"])


def _check(read: CallbackMessage) -> None:
    """Raises InvalidRequest where members contradict each other."""
    by_place = read.execution is not None and read.event_id is not None
    if read.token is not None:
        by_place = read.execution is None and read.event_id is None
    if not by_place:
        raise InvalidRequest(PLACE, errors=[FieldError("token", PLACE)])
    if read.outcome == "success" and "output" not in read.model_fields_set:
        raise InvalidRequest("A success needs an output.", errors=[FieldError("output", MISSING)])
    for name in _FOREIGN[read.outcome] & read.model_fields_set:
        message = f"{name} doesn't belong to a {read.outcome}."
        raise InvalidRequest(message, errors=[FieldError(name, message)])
