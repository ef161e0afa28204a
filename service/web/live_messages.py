"""The messages of the WebSocket protocol as pydantic models: what AsyncAPI shows."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.core import protocol

from .models import EventModel, ExecutionModel, StateModel, TaskModel


class ServerMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ready(ServerMessage):
    """The socket is open. `heartbeat`: after so many seconds of silence a ping comes or, on API
    Gateway, is the client's to send. There `ready` may come seconds after the handshake."""

    type: Literal["ready"]
    session: str
    heartbeat: float
    max_subscriptions: int


class Telling(ServerMessage):
    omitted: list[str] | None = Field(
        None,
        description="What is too large for the transport and left out of this message, on API "
        "Gateway: `execution.<field>`, `tasks`, `states.<name>.last_error.cause` or "
        "`events.<id>.<details>.<member>`. It is whole where `links` lead.",
    )
    links: dict[str, str] | None = Field(None, description="With `omitted` only.")


class Subscribed(Telling):
    """With `recovered`, every change since the client's cursor follows as updates; without, start
    over from the snapshot."""

    type: Literal["subscribed"]
    id: str
    recovered: bool
    snapshot: ExecutionModel
    cursor: str


class Update(Telling):
    """What changed, whole states at a time: applying one twice changes nothing."""

    type: Literal["update"]
    id: str
    cursor: str
    execution: dict[str, Any] = Field(
        description="The execution's own fields that changed, `stale_after_s` among them."
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

    type: Literal["reset"]
    id: str
    reason: str
    snapshot: ExecutionModel
    cursor: str


class Complete(Telling):
    """The execution is terminal. A redrive may reopen it: stay subscribed to see that."""

    type: Literal["complete"]
    id: str
    cursor: str
    status: str
    output: Any = Field(None, description="Absent where it is omitted, like `error` and `cause`.")
    error: str | None = None
    cause: str | None = None


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
