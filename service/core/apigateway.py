"""Describes sockets that API Gateway holds: what is kept of each between two invocations, the ports
they are served through, and the messages of their queue. Every method of a port may also raise
Unavailable (or Throttled) and UpstreamRefused."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import Discriminator, Field, Tag, TypeAdapter, ValidationError
from pydantic_core import to_json

from .access.principals import Principal
from .models import Cursor


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """A client's request to watch one execution at one level, from the cursor `after` on."""

    id: str
    execution: str  # an id, never an ARN
    level: str = "states"
    after: str | None = None


@dataclass(frozen=True, slots=True)
class GatewayConnection:
    """One open socket, to be looked after by `due_at`: its planned end before API Gateway's own two
    hours, the end of its credential, or the time an init must have come by. `only` is what it
    subscribed to by connecting; it takes no other subscription then. `full_at` is when its client's
    allowance of messages will be full again, None before the first."""

    id: str
    opened_at: datetime
    due_at: datetime
    principal: Principal | None = None
    awaits_init: bool = False
    greeted: bool = False
    only: SubscriptionRequest | None = None
    subscriptions: int = 0
    full_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GatewaySubscription:
    """One subscription and how far its messages were delivered.

    `cursor` is None until `subscribed` was posted; `completed_at` is the event id at which
    `complete` was. Both move by a conditional write after the post: an invocation that dies between
    the two posts once more, which changes nothing for the client. The store sets `generation`: it
    differs each time an id is subscribed, which a client may give up and take again.
    """

    connection: str
    request: SubscriptionRequest
    cursor: Cursor | None = None
    completed_at: int | None = None
    generation: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Nudge:
    """Asks for one execution to be read again, as far as the nudge knows: up to `event_id`, to the
    execution's end, and until it was redriven so often. `again` counts the tries before."""

    execution: Annotated[str, Field(min_length=1)]
    event_id: Annotated[int, Field(ge=1)] | None = None
    ended: bool = False
    again: Annotated[int, Field(ge=0)] = 0
    redrives: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class Greet:
    connection: Annotated[str, Field(min_length=1)]


class Connections(Protocol):
    """The open sockets and their subscriptions. Reads see every write that was answered before."""

    async def open(self, connection: GatewayConnection) -> None:
        """Stores a new connection. Repeated, it changes nothing."""

    async def find(self, id: str) -> GatewayConnection | None: ...

    async def greeted(self, id: str) -> None:
        """Notes that `ready` was posted. Nothing happens for a connection that is gone."""

    async def identified(self, id: str, principal: Principal, due_at: datetime) -> bool:
        """Notes that its init was accepted. False where it is gone or was identified before."""

    async def spend(self, id: str, cost_s: float, *, now: datetime) -> GatewayConnection | None:
        """Notes that a message came: the allowance is full so many seconds later than it was, or
        than now. Answers the connection as it was before; all messages of one moment count."""

    async def close(self, id: str) -> None:
        """Forgets the connection and all its subscriptions. Repeated, it changes nothing."""

    async def subscribe(self, connection: str, request: SubscriptionRequest, *, most: int) -> None:
        """Raises ConnectionGone, SubscriptionExists, TooManySubscriptions (`most` a connection)."""

    async def unsubscribe(self, connection: str, id: str) -> None:
        """Repeated, it changes nothing."""

    def subscriptions(self, execution: str) -> AsyncIterator[Sequence[GatewaySubscription]]:
        """A page at a time."""

    async def delivered(
        self, subscription: GatewaySubscription, cursor: Cursor, *, completed_at: int | None
    ) -> bool:
        """Notes that all up to the cursor was posted. False where the stored one isn't
        `subscription` any more: it has ended, or another delivery went on."""

    async def due(self, now: datetime, *, limit: int) -> Sequence[GatewayConnection]:
        """Reads the connections to look after by now, longest due first."""


class Watches(Protocol):
    """The executions that have subscribers, and the lease of whoever delivers to them: one at a
    time, or two would post out of order. Whoever comes second requests a reread and goes."""

    async def take(self, execution: str, *, owner: str, until: datetime, now: datetime) -> bool:
        """Takes the lease where nobody has it. False where nobody watches the execution, or where a
        reread was requested of the lease's owner instead (`release` answers False to them)."""

    async def watch(self, execution: str) -> None:
        """Notes that a subscriber is about to come, and requests a reread of whoever has the lease.
        Call it before the subscription is stored, so that none is left that nobody delivers to."""

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        """Extends the lease. False where its time was over and another owner took it."""

    async def release(self, execution: str, *, owner: str, due_at: datetime | None) -> bool:
        """Gives the lease back; the execution is to be read again by `due_at`. With None it has no
        subscribers and is forgotten, unless `watch` was called so lately that one may be coming.

        False where a reread was requested meanwhile: the owner keeps the lease and reads once more
        (the request is taken back). True also where the lease isn't the owner's any more."""

    async def due(self, now: datetime, *, limit: int) -> Sequence[str]:
        """Reads the executions to read again by now, longest due first."""


class Posts(Protocol):
    async def post(self, connection: str, text: bytes) -> None:
        """Raises ConnectionGone; PayloadTooLarge past the transport's limit."""

    async def disconnect(self, connection: str) -> None:
        """Repeated, it changes nothing."""


class Nudges(Protocol):
    """The queue that brings nudges and reminders to an invocation of their own."""

    async def send(self, nudge: Nudge, *, delay_s: int = 0) -> None: ...

    async def greet(self, connection: str, *, delay_s: int = 0) -> None:
        """Has `ready` posted and its subscription started, or it ended where it awaits its init."""


@dataclass(frozen=True, slots=True)
class GatewayPorts:
    connections: Connections
    watches: Watches
    posts: Posts
    nudges: Nudges


def nudge_text(nudge: Nudge) -> str:
    """{"type": "nudge", "execution": "order:7f3c", "event_id": 12, "ended": false, "again": 0,
    "redrives": 0}"""
    return to_json({"type": "nudge", **asdict(nudge)}).decode()


def greet_text(connection: str) -> str:
    """{"type": "greet", "connection": "L0SM9cOFvHcCIhw="}"""
    return to_json({"type": "greet", "connection": connection}).decode()


_reminders = TypeAdapter[Nudge | Greet](
    Annotated[
        Annotated[Nudge, Tag("nudge")] | Annotated[Greet, Tag("greet")],
        Discriminator(lambda message: message.get("type") if isinstance(message, dict) else None),
    ]
)


def parse_reminder(body: str) -> Nudge | Greet:
    """Raises ValueError, which doesn't repeat the text. A member that isn't known is passed over:
    while one version replaces another, each reads what the other sent."""
    try:
        return _reminders.validate_json(body, strict=True)
    except ValidationError:
        raise ValueError("A reminder is a nudge of an execution or a greet of a socket.") from None
