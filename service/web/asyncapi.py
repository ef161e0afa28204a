"""The AsyncAPI 3.0 document of the WebSocket protocol, drawn from the messages' models."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from service import __version__

from . import protocol
from .models import EventModel, ExecutionModel, StateModel, TaskModel
from .protocol import CloseCode

REF = "#/components/schemas/{model}"


class ServerMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ready(ServerMessage):
    """The socket is open. `heartbeat`: seconds of silence after which a ping comes."""

    type: Literal["ready"]
    session: str
    heartbeat: float
    max_subscriptions: int


class Subscribed(ServerMessage):
    """With `recovered`, every change since the client's cursor follows as updates; without, start
    over from the snapshot."""

    type: Literal["subscribed"]
    id: str
    recovered: bool
    snapshot: ExecutionModel
    cursor: str


class Update(ServerMessage):
    """What changed, whole states at a time: applying one twice changes nothing."""

    type: Literal["update"]
    id: str
    cursor: str
    execution: dict[str, Any] = Field(description="The execution's own fields that changed.")
    states: list[StateModel] | None = Field(
        None, description="The states that changed, whole. Not at level status."
    )
    tasks: list[TaskModel] | None = Field(
        None, description="Every pending task. Not at level status."
    )
    events: list[EventModel] | None = Field(None, description="At level events only.")


class Reset(ServerMessage):
    """Replace what you hold."""

    type: Literal["reset"]
    id: str
    reason: str
    snapshot: ExecutionModel
    cursor: str


class Complete(ServerMessage):
    """The execution is terminal. A redrive may reopen it: stay subscribed to see that."""

    type: Literal["complete"]
    id: str
    cursor: str
    status: str
    output: Any
    error: str | None
    cause: str | None


class Error(ServerMessage):
    """Something failed. Retryable: the service goes on by itself."""

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
CLIENT: tuple[type[BaseModel], ...] = (
    protocol.Init,
    protocol.Subscribe,
    protocol.Unsubscribe,
    protocol.Ping,
    protocol.Pong,
)

BACK_OFF = "Come back with jittered backoff and resume by cursor"
MEANINGS = {
    CloseCode.NORMAL: "The execution is complete.",
    CloseCode.GOING_AWAY: f"Going away. {BACK_OFF}.",
    CloseCode.INTERNAL_ERROR: f"The service failed. {BACK_OFF}.",
    CloseCode.RESTARTING: f"Restarting. {BACK_OFF}.",
    CloseCode.TRY_LATER: f"Full. {BACK_OFF}.",
    CloseCode.TOO_SLOW: f"The client doesn't read. {BACK_OFF}.",
    CloseCode.NO_PONG: f"A ping went unanswered. {BACK_OFF}.",
    CloseCode.CREDENTIAL_EXPIRED: "Refresh the credential, then come back and resume.",
    CloseCode.BAD_MESSAGE: "Not a message of this protocol. Don't come back.",
    CloseCode.UNAUTHENTICATED: "Unknown credential. Don't come back.",
    CloseCode.FORBIDDEN: "Not allowed from here. Don't come back.",
    CloseCode.NOT_FOUND: "No such execution. Don't come back.",
    CloseCode.INIT_TIMEOUT: "No init within 5 s. Don't come back.",
    CloseCode.DUPLICATE_ID: "The subscription id was in use. Don't come back.",
    CloseCode.TOO_MANY: "Too many messages or subscriptions. Don't come back.",
}


def document() -> dict[str, Any]:
    """The whole document. Operations are named from the service's side: it sends and receives."""
    sent = {model: f"server_{model.__name__}" for model in SERVER}
    received = {model: f"client_{model.__name__}" for model in CLIENT}
    names = {**sent, **received}
    keys, definitions = models_json_schema([(m, "validation") for m in names], ref_template=REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Handrail live status",
            "version": __version__,
            "description": "JSON in text frames; the subprotocol handrail.v1 is optional.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "one": _channel("/v1/executions/{execution}/ws", "One subscription, id 0.", names),
            "many": _channel("/v1/ws", "Any number of subscriptions.", names),
        },
        "operations": {
            f"{action}_{channel}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [
                    {"$ref": f"#/channels/{channel}/messages/{name}"} for name in group.values()
                ],
            }
            for channel in ("one", "many")
            for action, group in (("send", sent), ("receive", received))
        },
        "components": {
            "schemas": definitions.get("$defs", {}),
            "messages": {
                name: {
                    "name": name,
                    "summary": _summary(model),
                    "payload": keys[model, "validation"],
                }
                for model, name in names.items()
            },
        },
        "x-close-codes": {str(int(code)): meaning for code, meaning in MEANINGS.items()},
    }


def _channel(address: str, title: str, names: dict[type[BaseModel], str]) -> dict[str, Any]:
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in names.values()}
    channel: dict[str, Any] = {"address": address, "title": title, "messages": messages}
    if "{execution}" in address:
        channel["parameters"] = {"execution": {"description": "The execution's id."}}
        channel["bindings"] = {
            "ws": {
                "query": {
                    "type": "object",
                    "properties": {
                        "after": {"type": "string"},
                        "level": {"enum": ["status", "states", "events"]},
                    },
                }
            }
        }
    return channel


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or model.__name__).split())
