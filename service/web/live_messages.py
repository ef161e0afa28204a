"""The messages of the WebSocket protocol as pydantic models: what AsyncAPI shows."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from service.core import protocol

from .models import EventModel, ExecutionModel, StateModel, TaskModel

OMITTED = "Absent where the message's content is omitted."


class ServerMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")


def either(*names: str) -> ConfigDict:
    """A message has these members or says that its content is omitted."""
    ways: list[JsonValue] = [{"required": [*names]}, {"required": ["omitted", "links"]}]
    return ConfigDict(extra="forbid", json_schema_extra={"anyOf": ways})


class Ready(ServerMessage):
    """The socket is open. `heartbeat`: after so many seconds of silence a ping comes or, on API
    Gateway, is the client's to send. There `ready` may come seconds after the handshake."""

    type: Literal["ready"]
    session: str
    heartbeat: float
    max_subscriptions: int


class Telling(ServerMessage):
    """A message about an execution."""

    omitted: list[Literal["*"]] | None = Field(
        None,
        description="On API Gateway, where the message is too large for the transport: it comes "
        "without its content. Get the snapshot at `links.self` with `?after=` the message's cursor "
        "and, at level events, the events at `links.events` after the cursor you held before.",
    )
    links: dict[str, str] | None = Field(None, description="With `omitted` only.")


class Subscribed(Telling):
    """With `recovered`, every change since the client's cursor follows as updates; without, start
    over from the snapshot."""

    model_config = either("snapshot")

    type: Literal["subscribed"]
    id: str
    recovered: bool
    snapshot: ExecutionModel | None = Field(None, description=OMITTED)
    cursor: str


class Update(Telling):
    """What changed, whole states at a time: applying one twice changes nothing."""

    model_config = either("execution")

    type: Literal["update"]
    id: str
    cursor: str
    execution: dict[str, Any] | None = Field(
        None,
        description="The execution's own fields that changed, `stale_after_s` among them. "
        + OMITTED,
    )
    states: list[StateModel] | None = Field(
        None, description="The states that changed, whole. Not at level status."
    )
    tasks: list[TaskModel] | None = Field(
        None, description="Every pending task. Not at level status."
    )
    events: list[EventModel] | None = Field(None, description="At level events only.")


class Reset(Telling):
    """Replace what you hold."""

    model_config = either("snapshot")

    type: Literal["reset"]
    id: str
    reason: str
    snapshot: ExecutionModel | None = Field(None, description=OMITTED)
    cursor: str


class Complete(Telling):
    """The execution is terminal. A redrive may reopen it: stay subscribed to see that."""

    model_config = either("output", "error", "cause")

    type: Literal["complete"]
    id: str
    cursor: str
    status: str
    output: Any = Field(None, description=OMITTED)
    error: str | None = Field(None, description=OMITTED)
    cause: str | None = Field(None, description=OMITTED)


class Error(ServerMessage):
    """Something failed. Retryable: the stream goes on. Stay: the service reads again by itself, and
    closes the socket where you are to come back. Otherwise this subscription is over. That is said
    of the stream, not of the cause: a read whose credentials AWS refuses is made again too."""

    type: Literal["error"]
    id: str | None = None
    code: str
    detail: str
    retryable: bool


class Unsubscribed(ServerMessage):
    type: Literal["unsubscribed"]
    id: str


class Ping(ServerMessage):
    """Answer it with a pong."""

    type: Literal["ping"]


class Pong(ServerMessage):
    type: Literal["pong"]


class Closing(ServerMessage):
    """API Gateway only: the socket's close code, which the transport can't carry. Nothing comes
    after it; treat the socket as closed with it, whatever code the transport closes with."""

    type: Literal["closing"]
    code: int
    reason: str


SERVER: tuple[type[BaseModel], ...] = (
    Ready,
    Subscribed,
    Update,
    Reset,
    Complete,
    Error,
    Unsubscribed,
    Ping,
    Pong,
)
GATEWAY: tuple[type[BaseModel], ...] = (*SERVER, Closing)
CLIENT: tuple[type[BaseModel], ...] = (
    protocol.Init,
    protocol.Subscribe,
    protocol.Unsubscribe,
    protocol.Ping,
    protocol.Pong,
)
