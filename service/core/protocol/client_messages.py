"""Reads the messages of the wire protocol `handrail.v1` that clients may send."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

SUBPROTOCOL = "handrail.v1"
ONLY = "0"  # the id of the subscription on a socket that has just one
MAX_CURSOR = 128
SubscriptionId = Annotated[str, Field(min_length=1, max_length=128)]


class Level(StrEnum):
    """How much a subscriber is told: the execution only, its states too, or every event too."""

    STATUS = "status"
    STATES = "states"
    EVENTS = "events"


class BadMessage(Exception):
    """No message of this protocol. The text says why, without repeating what came."""


class Init(BaseModel, frozen=True):
    """First, where the service asks for credentials and the handshake brought none."""

    type: Literal["init"]
    token: str = Field(max_length=16_384, repr=False)


class Subscribe(BaseModel, frozen=True):
    """Watch one execution, from the cursor `after` on where one is given."""

    type: Literal["subscribe"]
    id: SubscriptionId
    execution: str = Field(min_length=1, max_length=2048)
    after: str | None = Field(None, max_length=MAX_CURSOR)
    level: Level = Level.STATES


class Unsubscribe(BaseModel, frozen=True):
    type: Literal["unsubscribe"]
    id: SubscriptionId


class Ping(BaseModel, frozen=True):
    type: Literal["ping"]


class Pong(BaseModel, frozen=True):
    type: Literal["pong"]


AnyClientMessage = Init | Subscribe | Unsubscribe | Ping | Pong

_messages = TypeAdapter[AnyClientMessage](Annotated[AnyClientMessage, Field(discriminator="type")])


def parse(data: str | bytes) -> AnyClientMessage:
    """One text frame. Raises BadMessage."""
    if isinstance(data, bytes):
        raise BadMessage("Messages are JSON in text frames, not binary ones.")
    try:
        return _messages.validate_json(data.removeprefix("\ufeff"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "union_tag_invalid":  # pydantic's text repeats the tag
            raise BadMessage("type: There is no message of this type.") from None
        path = ".".join(map(str, first["loc"][1:]))
        raise BadMessage(f"{path}: {first['msg']}" if path else first["msg"]) from None
