"""What watching takes: events from a cursor on, and tickets for sockets."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .base import LARGEST_PAGE, LONGEST_WAIT_S, Model


class EventsQuery(Model):
    after: str | None = Field(None, max_length=128, description="A cursor; from the first if not.")
    wait: float = Field(0, ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for an event.")
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)


class StreamQuery(Model):
    after: str | None = Field(None, max_length=128)
    level: Literal["status", "states", "events"] = "states"


class EventModel(Model):
    """As GetExecutionHistory shows it with snake_case keys, secrets redacted; one
    `…_event_details` object stands beside these."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: int
    type: str
    timestamp: datetime
    previous_event_id: int


class EventList(Model):
    events: list[EventModel]
    cursor: str
    complete: Annotated[bool, Field(description="The execution ended and this is all of it.")]


class TicketModel(Model):
    """For one WebSocket handshake, as `?ticket=`."""

    ticket: str = Field(repr=False)
    expires_at: datetime
