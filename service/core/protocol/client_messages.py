"""The wire protocol `handrail.v1`: what clients may say, whatever holds their sockets."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

SUBPROTOCOL = "handrail.v1"

ONLY = "0"
"""The id of the subscription on a socket that has just one."""

MAX_ID = 128
MAX_CURSOR = 128


class Level(StrEnum):
    """How much a subscriber is told: the execution only, its states too, or every event too."""

    STATUS = "status"
    STATES = "states"
    EVENTS = "events"


class BadMessage(Exception):
    """What came isn't a message of this protocol. The text says why, without repeating it."""


class ClientMessage(BaseModel):
    model_config = ConfigDict(frozen=True)


class Init(ClientMessage):
    """First, where the service asks for credentials and the handshake brought none."""

    type: Literal["init"]
    token: str = Field(max_length=16_384, repr=False)


class Subscribe(ClientMessage):
    """Watch one execution, from the cursor `after` on where one is given."""

    type: Literal["subscribe"]
    id: str = Field(min_length=1, max_length=MAX_ID)
    execution: str = Field(min_length=1, max_length=2048)
    after: str | None = Field(None, max_length=MAX_CURSOR)
    level: Level = Level.STATES


class Unsubscribe(ClientMessage):
    type: Literal["unsubscribe"]
    id: str = Field(min_length=1, max_length=MAX_ID)


class Ping(ClientMessage):
    type: Literal["ping"]


class Pong(ClientMessage):
    type: Literal["pong"]


AnyClientMessage = Init | Subscribe | Unsubscribe | Ping | Pong

_messages: TypeAdapter[AnyClientMessage] = TypeAdapter(
    Annotated[AnyClientMessage, Field(discriminator="type")]
)


def parse(data: str | bytes) -> AnyClientMessage:
    """One text frame. Raises BadMessage."""
    if isinstance(data, bytes):
        raise BadMessage("Messages are JSON in text frames, not binary ones.")
    try:
        return _messages.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "union_tag_invalid":  # pydantic's text repeats the tag
            raise BadMessage("type: There is no message of this type.") from None
        place = ".".join(str(part) for part in first["loc"][1:])
        raise BadMessage(f"{place}: {first['msg']}" if place else str(first["msg"])) from None
