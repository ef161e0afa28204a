"""Reads the messages of the wire protocol `handrail.v1` that clients may send."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from handrail.core.listing import ListFilter
from handrail.core.models import ExecutionStatus

SUBPROTOCOL = "handrail.v1"
ONLY = "0"  # the id of the subscription on a socket that has just one
MAX_CURSOR = 128
MOST_LISTED = 200
Reference = Annotated[str, Field(min_length=1, max_length=2048)]
SubscriptionId = Annotated[str, Field(min_length=1, max_length=128)]


class Level(StrEnum):
    """How much a subscriber is told: the execution only, its states too, or every event too."""

    STATUS = "status"
    STATES = "states"
    EVENTS = "events"


class BadMessage(Exception):
    """No message of this protocol. The text says why, and repeats nothing of what came but the
    names of members."""


class Init(BaseModel, frozen=True):
    """First, where the service asks for credentials and the handshake brought none."""

    type: Literal["init"]
    token: str = Field(max_length=16_384, repr=False)


class WantedList(BaseModel, frozen=True, extra="forbid"):
    """Which executions: of one state machine, of several, or (without) of all that one may read; of
    one status, or of all; the newest so many."""

    state_machine: (
        Reference
        | Annotated[list[Reference], Field(max_length=100, json_schema_extra={"minItems": 1})]
        | None
    ) = None
    status: ExecutionStatus | None = None
    limit: int = Field(50, ge=1, le=MOST_LISTED, strict=True)

    @field_validator("state_machine")
    @classmethod
    def _one_at_least(cls, named: str | list[str] | None) -> str | list[str] | None:
        if named == []:
            raise ValueError("Name one at least. Without this member the list is of all.")
        return named

    def filter(self) -> ListFilter:
        named = self.state_machine or ()
        machines = (named,) if isinstance(named, str) else tuple(named)
        return ListFilter(machines, self.status, self.limit)


class Subscribe(BaseModel):
    """Watch one execution, from the cursor `after` on where one is given; or a list of executions,
    which has neither cursor nor levels."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"oneOf": [{"required": ["execution"]}, {"required": ["list"]}]},
    )

    type: Literal["subscribe"]
    id: SubscriptionId
    execution: Reference | None = None
    after: str | None = Field(None, max_length=MAX_CURSOR)
    level: Level = Level.STATES
    listed: WantedList | None = Field(None, alias="list")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.execution is None) is (self.listed is None):
            raise ValueError("Name an execution, or a list.")
        if self.listed is not None and (self.after or "level" in self.model_fields_set):
            raise ValueError("A list has neither cursor nor levels.")
        return self


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
        why = first["msg"].removeprefix("Value error, ")
        raise BadMessage(f"{path}: {why}" if path else why) from None
