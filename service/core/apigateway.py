"""Describes sockets that API Gateway holds: what is kept of each between two invocations, the ports
they are served through, and the messages of their queue.

Every method of a port may raise Unavailable (or Throttled) and UpstreamRefused besides what it
names.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic_core import from_json, to_json

from .access.principals import Principal
from .models import Cursor


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """A client's request to watch one execution at one level, from the cursor `after` on."""

    id: str
    execution: str
    """An execution's id, never an ARN."""

    level: str = "states"
    after: str | None = None


@dataclass(frozen=True, slots=True)
class GatewayConnection:
    """One open socket.

    `due_at` is when it has to be looked after at the latest: its planned end before API Gateway's
    own two hours, the end of its credential, or the time an init must have come by.
    `only` is what it subscribed to by connecting; such a socket takes no other subscription.
    `full_at` is when its client's allowance of messages will be full again, None before the first.
    """

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
    `complete` was. Both only ever move by a conditional write, after the post they stand for: an
    invocation that dies between the two posts once more, which changes nothing for the client.

    `generation` differs each time an id is subscribed: a client may give an id up and take it again
    while the subscription before is still being delivered to. The store sets it.
    """

    connection: str
    request: SubscriptionRequest
    cursor: Cursor | None = None
    completed_at: int | None = None
    generation: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Nudge:
    """Asks for one execution to be read again. The read must show what the nudge knows: a history
    that reaches `event_id`, or the execution's end. `again` counts the tries before."""

    execution: str
    event_id: int | None = None
    ended: bool = False
    again: int = 0


@dataclass(frozen=True, slots=True)
class Greet:
    """Asks for a new connection to be looked after."""

    connection: str


class Connections(Protocol):
    """The open sockets and their subscriptions. Reads see every write that was answered before."""

    async def open(self, connection: GatewayConnection) -> None:
        """Stores a new connection. Repeated, it changes nothing."""
        ...

    async def find(self, id: str) -> GatewayConnection | None: ...

    async def greeted(self, id: str) -> None:
        """Notes that `ready` was posted. Nothing happens for a connection that is gone."""
        ...

    async def identified(self, id: str, principal: Principal, due_at: datetime) -> bool:
        """Notes that its init was accepted. False where the connection is gone, or was identified
        before."""
        ...

    async def spend(self, id: str, cost_s: float, *, now: datetime) -> GatewayConnection | None:
        """Notes that a message came: the allowance is full so many seconds later than it was, or
        than now. Answers the connection as it was before; all messages of one moment count."""
        ...

    async def close(self, id: str) -> None:
        """Forgets the connection and all its subscriptions. Repeated, it changes nothing."""
        ...

    async def subscribe(self, connection: str, request: SubscriptionRequest, *, most: int) -> None:
        """Stores a new subscription. Raises ConnectionGone, SubscriptionExists,
        TooManySubscriptions (`most` a connection)."""
        ...

    async def unsubscribe(self, connection: str, id: str) -> None:
        """Repeated, it changes nothing."""
        ...

    def subscriptions(self, execution: str) -> AsyncIterator[Sequence[GatewaySubscription]]:
        """Reads the subscriptions to an execution, a page at a time."""
        ...

    async def delivered(
        self, subscription: GatewaySubscription, cursor: Cursor, *, completed_at: int | None
    ) -> bool:
        """Notes that everything up to the cursor was posted. False where the stored one isn't
        `subscription` any more: it has ended, or another delivery went on."""
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[GatewayConnection]:
        """Reads the connections to look after by now, longest due first."""
        ...


class Watches(Protocol):
    """Which executions have subscribers, and the lease of whoever delivers to them right now: one
    at a time, or two would post out of order. Whoever comes second requests a reread and goes."""

    async def take(self, execution: str, *, owner: str, until: datetime, now: datetime) -> bool:
        """Takes the lease until then, where the execution is watched and nobody has it. False
        where nobody watches it, or where a reread was requested of the lease's owner instead
        (`release` answers False to them)."""
        ...

    async def watch(self, execution: str) -> None:
        """Notes that the execution is about to have a subscriber, and requests a reread of whoever
        has the lease. Call it before the subscription is stored: an invocation that dies in between
        then leaves nothing that is never delivered to."""
        ...

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        """Extends the lease. False where its time was over and another owner took it."""
        ...

    async def release(self, execution: str, *, owner: str, due_at: datetime | None) -> bool:
        """Gives the lease back; the execution is to be read again by `due_at`. With None it has no
        subscribers any more and is forgotten, unless `watch` was called so lately that one may be
        on its way.

        False where a reread was requested meanwhile: the lease is still the owner's, who reads once
        more (the request is taken back). True also where the lease isn't the owner's any more."""
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[str]:
        """Reads the executions to read again by now, longest due first."""
        ...


class Posts(Protocol):
    """Reaches the sockets that API Gateway holds."""

    async def post(self, connection: str, text: bytes) -> None:
        """Raises ConnectionGone; PayloadTooLarge past the transport's limit."""
        ...

    async def disconnect(self, connection: str) -> None:
        """Ends the socket. One that is gone already is fine."""
        ...


class Nudges(Protocol):
    """The queue that brings nudges and reminders to an invocation of their own."""

    async def send(self, nudge: Nudge, *, delay_s: int = 0) -> None: ...

    async def greet(self, connection: str, *, delay_s: int = 0) -> None:
        """Has this new connection looked after: `ready` is posted and what it came for subscribed;
        where it still awaits its init by then, it is ended."""
        ...


@dataclass(frozen=True, slots=True)
class GatewayPorts:
    """All ports that sockets of API Gateway are served through."""

    connections: Connections
    watches: Watches
    posts: Posts
    nudges: Nudges


def nudge_text(nudge: Nudge) -> str:
    """Writes a nudge for the queue.

    {"type": "nudge", "execution": "order:7f3c", "event_id": 12, "ended": false, "again": 0}
    """
    return to_json({"type": "nudge", **asdict(nudge)}).decode()


def greet_text(connection: str) -> str:
    """Writes a reminder of a new connection: {"type": "greet", "connection": "L0SM9cOFvHcCIhw="}"""
    return to_json({"type": "greet", "connection": connection}).decode()


def parse_reminder(body: str) -> Nudge | Greet:
    """Reads a message of ours. Raises ValueError, which doesn't repeat the text.

    A member that isn't known is passed over: while one version is being replaced by the next, each
    reads what the other sent.
    """
    try:
        message = from_json(body)
    except ValueError:
        raise ValueError("A reminder is JSON.") from None
    match message:
        case {"type": "nudge", "execution": str(execution)} if execution:
            event_id, ended = message.get("event_id"), message.get("ended", False)
            again = message.get("again", 0)
        case {"type": "greet", "connection": str(connection)} if connection:
            return Greet(connection)
        case _:
            raise ValueError("A reminder is a nudge with its execution or a greet with its socket.")
    if event_id is not None and (type(event_id) is not int or event_id < 1):
        raise ValueError("A nudge's event_id is a positive integer or null.")
    if type(ended) is not bool:
        raise ValueError("A nudge's ended is true or false.")
    if type(again) is not int or again < 0:
        raise ValueError("A nudge's again is a count.")
    return Nudge(execution, event_id, ended, again)
