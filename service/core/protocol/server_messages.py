"""Builds the server's messages, and declares the shape of each. The bodies about an execution are
drawn by a feed, once for all subscribers; each subscriber's message adds type, id and cursor."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, JsonValue, with_config

from handrail.core.errors import ServiceError
from handrail.core.history.events import EventDocument
from handrail.core.models import Json, rfc3339
from handrail.core.typed_dict import TypedDict

from .close_codes import CloseCode
from .document_shapes import (
    ChangesDocument,
    ListChangesDocument,
    ListDocument,
    Now,
    SnapshotDocument,
    StateDocument,
    StatusText,
    TaskDocument,
    Time,
)
from .encoded_messages import Message, encode
from .paths import Links


class ReadyMessage(TypedDict):
    """The socket is open. `heartbeat`: after so many seconds of silence a ping comes or, on API
    Gateway, is the client's to send. There `ready` may come seconds after the handshake."""

    type: Literal["ready"]
    session: str
    heartbeat: float
    max_subscriptions: int
    now: Now


OMITTED = "Absent where the message's content is omitted."


class NewsBody(TypedDict):
    """A message about an execution."""

    omitted: Annotated[
        NotRequired[list[Literal["*"]]],
        Field(
            description="On API Gateway, where the message is too large for the transport: it comes"
            " without its content. Get the snapshot at `links.self` with `?after=` the message's "
            "cursor and, at level events, the events at `links.events` after the cursor you held "
            "before."
        ),
    ]
    links: Annotated[NotRequired[Links], Field(description="With `omitted` only.")]


class SubscribedBody(NewsBody):
    recovered: bool
    now: Annotated[
        NotRequired[Time],
        Field(description="On event streams alone, which have no `ready`: the service's clock."),
    ]
    snapshot: Annotated[NotRequired[SnapshotDocument], Field(description=OMITTED)]


class UpdateBody(NewsBody):
    execution: Annotated[
        NotRequired[ChangesDocument],
        Field(
            description="The execution's fields that changed, `stale_after_s` among them, and its "
            "`progress`, which also comes by itself, at most once in 5 seconds. " + OMITTED
        ),
    ]
    states: Annotated[
        NotRequired[list[StateDocument]],
        Field(description="The states that changed, whole. Not at level status."),
    ]
    tasks: Annotated[
        NotRequired[list[TaskDocument]],
        Field(description="Every pending task. Not at level status."),
    ]
    events: Annotated[NotRequired[list[EventDocument]], Field(description="At level events only.")]


class ResetBody(NewsBody):
    reason: str
    snapshot: Annotated[NotRequired[SnapshotDocument], Field(description=OMITTED)]


class CompleteBody(NewsBody):
    status: StatusText
    output: Annotated[NotRequired[Json], Field(description=OMITTED)]
    error: Annotated[NotRequired[str | None], Field(description=OMITTED)]
    cause: Annotated[NotRequired[str | None], Field(description=OMITTED)]


def _unless_omitted(*names: str) -> ConfigDict:
    ways: list[JsonValue] = [{"required": [*names]}, {"required": ["omitted", "links"]}]
    return ConfigDict(json_schema_extra={"anyOf": ways})


@with_config(_unless_omitted("snapshot"))
class SubscribedMessage(SubscribedBody):
    """With `recovered`, every change since the client's cursor follows as updates; without, start
    over from the snapshot."""

    type: Literal["subscribed"]
    id: str
    cursor: str


class ListSubscribedMessage(TypedDict):
    """The list as it stands. Lists have no cursor: whoever comes back subscribes anew."""

    type: Literal["subscribed"]
    id: str
    recovered: Literal[False]
    list: ListDocument


class ListUpdateMessage(TypedDict):
    """What changed in the list, whole executions at a time: applying one twice changes nothing.
    Keep them by id, the newest start first."""

    type: Literal["update"]
    id: str
    list: ListChangesDocument


@with_config(_unless_omitted("execution"))
class UpdateMessage(UpdateBody):
    """What changed, whole states at a time: applying one twice changes nothing."""

    type: Literal["update"]
    id: str
    cursor: str


@with_config(_unless_omitted("snapshot"))
class ResetMessage(ResetBody):
    """Replace what you hold."""

    type: Literal["reset"]
    id: str
    cursor: str


@with_config(_unless_omitted("output", "error", "cause"))
class CompleteMessage(CompleteBody):
    """The execution is terminal. A redrive may reopen it: stay subscribed to see that."""

    type: Literal["complete"]
    id: str
    cursor: str


class ErrorMessage(TypedDict):
    """Something failed. Retryable: the stream goes on. Stay: the service reads again by itself, and
    closes the socket where you are to come back. Otherwise this subscription is over. That is said
    of the stream, not of the cause: a read whose credentials AWS refuses is made again too."""

    type: Literal["error"]
    id: NotRequired[str]
    code: str
    detail: str
    retryable: bool
    over: Annotated[
        NotRequired[Literal[True]],
        Field(
            description="With `retryable`, on a socket of many: the subscription is over all the "
            "same, for want of room. Subscribe again in a few seconds."
        ),
    ]


class UnsubscribedMessage(TypedDict):
    type: Literal["unsubscribed"]
    id: str


class PingMessage(TypedDict):
    """Answer it with a pong."""

    type: Literal["ping"]


class PongMessage(TypedDict):
    type: Literal["pong"]


class ClosingMessage(TypedDict):
    """API Gateway only: the socket's close code, which the transport can't carry. Nothing comes
    after it; treat the socket as closed with it, whatever code the transport closes with."""

    type: Literal["closing"]
    code: int
    reason: str


PING = encode(PingMessage(type="ping"))
PONG = encode(PongMessage(type="pong"))


def ready(session: str, heartbeat: float, *, max_subscriptions: int, now: datetime) -> Message:
    document: ReadyMessage = {
        "type": "ready",
        "session": session,
        "heartbeat": heartbeat,
        "max_subscriptions": max_subscriptions,
        "now": rfc3339(now),
    }
    return encode(document)


def list_subscribed(id: str, shown: ListDocument) -> ListSubscribedMessage:
    return {"type": "subscribed", "id": id, "recovered": False, "list": shown}


def list_update(id: str, changes: ListChangesDocument) -> ListUpdateMessage:
    return {"type": "update", "id": id, "list": changes}


def with_time(message: Message, now: datetime) -> Message:
    """An event stream's first message, which stands for `ready` too."""
    text = b'%b,"now":"%b"}' % (message.text[:-1], rfc3339(now).encode())
    return Message(text, message.cursor, message.kept)


def unsubscribed(id: str) -> Message:
    return encode(UnsubscribedMessage(type="unsubscribed", id=id))


def error_message(
    id: str | None, error: ServiceError, *, goes_on: bool = False, over: bool = False
) -> Message:
    """`goes_on` where the stream does by itself: its failed read is made again. `over` where the
    subscription is, and the socket stays: to try again is up to the client then."""
    retryable = goes_on or error.retryable
    said = ErrorMessage(type="error", code=error.code, detail=error.detail, retryable=retryable)
    if over and retryable:
        said["over"] = True
    return encode(said if id is None else {**said, "id": id})


def closing(code: CloseCode, reason: str) -> Message:
    return encode(ClosingMessage(type="closing", code=int(code), reason=reason))
