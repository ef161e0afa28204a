"""One subscriber's place in one execution's feed.

It holds a position, not a queue: `next_message` draws what is due for that position when the
transport can take it. So a slow consumer costs nobody memory, and what it missed is coalesced.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.core.errors import ExecutionNotFound, ServiceError
from service.core.messages import Message, encode
from service.core.models import Account, Cursor

from .feed import Feed, Level

if TYPE_CHECKING:
    from .watcher import Watcher


class Subscription:
    """Ordered, at least once, no silent gap. `wake` is called when something may be due; it must
    return at once."""

    def __init__(
        self,
        watcher: "Watcher",
        *,
        id: str,
        after: Cursor | None,
        level: Level,
        account: Account | None,
        wake: Callable[[], None],
    ) -> None:
        self.id = id
        self.level = level
        self.wake = wake
        self.failure: ServiceError | None = None
        self.completed = False
        self._watcher = watcher
        self._after = after
        self._account = account
        self._position: int | None = None
        self._notice: ServiceError | None = None
        self._completed_at: int | None = None

    def notify(self, error: ServiceError) -> None:
        """Tell of a failed read. Only the newest is kept."""
        self._notice = error
        self.wake()

    def fail(self, error: ServiceError) -> None:
        """There will be no more: what is watched doesn't exist, or may not be seen."""
        self.failure = error
        self.wake()

    def next_message(self) -> Message | None:
        """What is due now, None where nothing is. `failure` is for the transport to tell."""
        if self._notice is not None:
            error, self._notice = self._notice, None
            return error_message(self.id, error)
        feed = self._watcher.feed
        if feed is None or self.failure is not None:
            return None
        if self._position is None:
            return self._first(feed)
        return self._following(feed, self._position)

    @property
    def finished(self) -> bool:
        """Whether the execution has ended and every event of it was covered."""
        feed = self._watcher.feed
        return feed is not None and feed.ended and self._position == feed.position

    def close(self) -> None:
        """Leave. Safe to call twice."""
        self._watcher.leave(self)

    def _first(self, feed: Feed) -> Message | None:
        if self._account not in {None, self._watcher.account}:
            self.failure = ExecutionNotFound("No such execution in this account and region.")
            return None
        recovered = feed.knows(self._after, self.level)
        after = self._after
        self._position = after.event_id if after is not None and recovered else feed.position
        return feed.subscribed(self.id, position=self._position, recovered=recovered)

    def _following(self, feed: Feed, position: int) -> Message | None:
        while position < feed.position:
            if self.level is Level.EVENTS and not feed.log.covers(position):
                self._position = feed.position
                return feed.reset(self.id, "The client fell further behind than events are kept.")
            self._position, message = feed.update(self.id, self.level, position)
            position = self._position
            if message is not None:
                return message
        if feed.ended and self._completed_at != position:
            self._completed_at = position
            self.completed = True
            return feed.complete(self.id)
        return None


def error_message(id: str | None, error: ServiceError) -> Message:
    document = {"type": "error", "code": error.code, "detail": error.detail}
    if id is not None:
        document["id"] = id
    return encode({**document, "retryable": error.retryable})
