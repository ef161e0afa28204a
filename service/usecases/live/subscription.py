"""Follows one execution for one subscriber.

It keeps a position, not a queue: `next_message` draws what is due when the transport can take it. A
slow consumer costs nobody memory, and what it missed is coalesced.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from handrail.core.errors import ExecutionNotFound, ServiceError
from handrail.core.models import Account, Cursor
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.server_messages import error_message

from .feed import Feed
from .position import Position


class Watched(Protocol):
    """`hidden` is whether `feed` is older than what this process did to the execution."""

    @property
    def feed(self) -> Feed | None: ...

    @property
    def account(self) -> Account | None: ...

    @property
    def hidden(self) -> bool: ...

    def leave(self, subscription: "Subscription") -> None: ...


@dataclass(eq=False, slots=True, repr=False)
class Subscription:
    """Ordered, at least once, no silent gap. `wake`, called when something may be due, must return
    at once; `left` is called once when it is closed. Where it is `alone` on its transport, that can
    be closed for the client to come back. Nobody waits for what is `idle` to be read."""

    watched: Watched
    id: str
    after: Cursor | None
    level: Level
    account: Account | None
    wake: Callable[[], None]
    left: Callable[[], None] | None = None
    alone: bool = True
    idle: bool = False
    failure: ServiceError | None = field(init=False, default=None)
    _notice: ServiceError | None = field(init=False, default=None)
    _told_failure: bool = field(init=False, default=False)
    _recovered: bool = field(init=False, default=False)
    _position: Position = field(init=False)

    def __post_init__(self) -> None:
        self._position = Position(self.id, self.level, self.after)

    def notify(self, error: ServiceError) -> None:
        """Tell of a failed read, which is made again. Only the newest is kept."""
        self._notice = error
        self.wake()

    def recovered(self) -> None:
        """Reads succeed again. Who was told that they failed hears of it, if by nothing else."""
        self._notice = None
        if self._told_failure:
            self._recovered = True
            self.wake()

    def fail(self, error: ServiceError) -> None:
        self.failure = error
        self.wake()

    def hold_out(self, error: ServiceError) -> None:
        """AWS's reads don't reach its cursor for so long that the client is to know."""
        (self.fail if self.alone else self.notify)(error)

    def next_message(self) -> Message | None:
        """The message that is due now, None where nothing is. The transport tells `failure`."""
        if (notice := self._notice) is not None:
            self._notice, self._told_failure, self._recovered = None, True, False
            return error_message(self.id, notice, goes_on=True)
        feed = self.watched.feed
        if feed is None or self.failure is not None:
            return None
        if self._position.position is None:
            if self.watched.hidden:
                return None
            if self.account not in {None, self.watched.account}:
                self.failure = ExecutionNotFound("No such execution in this account and region.")
                return None
        failing = self._told_failure and not self._recovered
        message = self._position.next_message(feed, failing=failing)
        if message is None and self._recovered and self._position.position is not None:
            message = feed.update_of_outlook(self.id, self.level)
        if message is not None:
            self._told_failure = self._recovered = False
        return message

    @property
    def behind(self) -> bool:
        feed = self.watched.feed
        return feed is not None and self._position.behind(feed)

    @property
    def completed(self) -> bool:
        """True if it was told of an end."""
        return self._position.completed_at is not None

    @property
    def finished(self) -> bool:
        feed = self.watched.feed
        return feed is not None and self._position.finished(feed)

    def close(self) -> None:
        """Leave. Safe to call twice."""
        self.watched.leave(self)
        left, self.left = self.left, None
        if left is not None:
            left()
