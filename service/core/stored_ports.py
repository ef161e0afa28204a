"""What the use-cases need to serve sockets that API Gateway holds: a table, a way out, a queue.

Every method may raise Unavailable (or Throttled) and UpstreamRefused besides what it names.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from .models import Cursor
from .principals import Principal
from .stored import Nudge, StoredConnection, StoredSubscription, Wanted


class Connections(Protocol):
    """The open sockets and what each is told. Reads see every write that was answered before."""

    async def open(self, connection: StoredConnection) -> None:
        """Keep a new connection. Repeated, it changes nothing."""
        ...

    async def find(self, id: str) -> StoredConnection | None: ...

    async def greeted(self, id: str) -> None:
        """`ready` was posted. Nothing happens for a connection that is gone."""
        ...

    async def identified(self, id: str, principal: Principal, due_at: datetime) -> bool:
        """Its init was accepted. False where the connection is gone, or was identified before."""
        ...

    async def spend(
        self, connection: StoredConnection, full_at: datetime, *, now: datetime
    ) -> None:
        """A message came, by which the connection as it was read has its allowance full at
        `full_at`. Messages that are counted at once all count; only where the allowance was full
        when each was read do they count as one."""
        ...

    async def close(self, id: str) -> None:
        """Forget the connection and all its subscriptions. Repeated, it changes nothing."""
        ...

    async def subscribe(self, connection: str, wanted: Wanted, *, most: int) -> None:
        """Keep a new subscription. Raises ConnectionGone, SubscriptionExists,
        TooManySubscriptions (`most` a connection)."""
        ...

    async def unsubscribe(self, connection: str, id: str) -> None:
        """Repeated, it changes nothing."""
        ...

    def subscriptions(self, execution: str) -> AsyncIterator[Sequence[StoredSubscription]]:
        """Who looks at an execution, a page at a time."""
        ...

    async def told(
        self, subscription: StoredSubscription, cursor: Cursor, *, completed_at: int | None
    ) -> bool:
        """It was posted all up to the cursor. False where the stored one isn't `subscription`'s
        any more: it has ended, or somebody else went on."""
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[StoredConnection]:
        """The connections to look after by now, longest due first."""
        ...


class Watches(Protocol):
    """Which executions are looked at, and who is telling their subscribers right now: one at a
    time, or two would post out of order. Whoever comes second leaves word and goes."""

    async def take(self, execution: str, *, owner: str, until: datetime, now: datetime) -> bool:
        """Begin telling, where an execution is looked at and nobody else tells. True: yours until
        then. False: left word with whoever tells, who will read once more (`release` answers
        False to them), or nobody looks at it."""
        ...

    async def watch(self, execution: str) -> None:
        """The execution is about to be looked at: call it before the subscription is kept, so that
        an invocation that dies in between leaves nothing that is never told. Leaves word with
        whoever tells it now."""
        ...

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        """Go on telling. False where the time was over and somebody else took it."""
        ...

    async def release(self, execution: str, *, owner: str, due_at: datetime | None) -> bool:
        """Stop telling; read it again by `due_at`, or, with None, nobody looks at it any more: it
        is forgotten, unless `watch` was called so lately that a subscription may be on its way.
        False where word was left meanwhile: it is still yours, read once more (the word is taken).
        True also where it isn't the owner's any more."""
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[str]:
        """The executions to read again by now, longest due first."""
        ...


class Posts(Protocol):
    """The way out to sockets that API Gateway holds."""

    async def post(self, connection: str, text: bytes) -> None:
        """Raises ConnectionGone; PayloadTooLarge past the transport's limit."""
        ...

    async def disconnect(self, connection: str) -> None:
        """Cut it. One that is gone already is fine."""
        ...


class Nudges(Protocol):
    """The queue that brings nudges and reminders to an invocation of their own."""

    async def send(self, nudge: Nudge, *, delay_s: int = 0) -> None: ...

    async def greet(self, connection: str, *, delay_s: int = 0) -> None:
        """Look after this new connection: say `ready`, subscribe what it came for; or, where it
        still awaits its init by then, end it."""
        ...
