"""Sockets where no process stays to hold them: what is kept of each between two invocations.

API Gateway holds the socket, a table holds what the service knows of it, and whichever invocation
comes next goes on from there.
"""

from dataclasses import dataclass, field
from datetime import datetime

from .models import Cursor
from .principals import Principal


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks to be told: one execution at one level, from the cursor `after` on."""

    id: str
    execution: str
    """An execution's id, never an ARN."""

    level: str = "states"
    after: str | None = None


@dataclass(frozen=True, slots=True)
class StoredConnection:
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
    only: Wanted | None = None
    subscriptions: int = 0
    full_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """One subscription and how far it was told.

    `cursor` is None until `subscribed` was posted; `completed_at` is the event id at which
    `complete` was. Both only ever move by a conditional write, after the post they stand for: an
    invocation that dies between the two posts once more, which changes nothing for the client.

    `keeping` tells one keeping of the id from the next: a client may give an id up and take it
    again while somebody still tells the subscription before. Set by whoever keeps it.
    """

    connection: str
    wanted: Wanted
    cursor: Cursor | None = None
    completed_at: int | None = None
    keeping: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Nudge:
    """Read this execution again. What the nudge knows is what the read must show at least: its
    history reaching `event_id`, or its end. `again` counts how often that was tried before."""

    execution: str
    event_id: int | None = None
    ended: bool = False
    again: int = 0
