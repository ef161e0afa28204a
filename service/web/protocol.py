"""The wire protocol `handrail.v1`: what clients may say, and the codes a socket closes with."""

from enum import IntEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from service.usecases.live import Level

SUBPROTOCOL = "handrail.v1"

MAX_ID = 128


class CloseCode(IntEnum):
    """Up to 1013 RFC 6455's; 4000 to 4099 come back and resume, 4400 and up don't."""

    NORMAL = 1000
    GOING_AWAY = 1001
    INTERNAL_ERROR = 1011
    RESTARTING = 1012
    TRY_LATER = 1013
    TOO_SLOW = 4000
    NO_PONG = 4001
    CREDENTIAL_EXPIRED = 4002
    BAD_MESSAGE = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY = 4429


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
    after: str | None = Field(None, max_length=128)
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
