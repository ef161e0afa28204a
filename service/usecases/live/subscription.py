"""One subscriber's place in one execution's feed.

It holds a position, not a queue: `next_message` draws what is due for that position when the
transport can take it. So a slow consumer costs nobody memory, and what it missed is coalesced.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.core.errors import ExecutionNotFound, ServiceError
from service.core.messages import Message
from service.core.models import Account, Cursor
from service.core.notices import error_message
from service.core.protocol import Level

from .place import Position

if TYPE_CHECKING:
    from .watcher import Watcher


class Subscription:
    """Ordered, at least once, no silent gap. `wake` is called when something may be due; it must
    return at once, `left` once when it is closed."""

    def __init__(
        self,
        watcher: "Watcher",
        *,
        id: str,
        after: Cursor | None,
        level: Level,
        account: Account | None,
        wake: Callable[[], None],
        left: Callable[[], None] | None = None,
    ) -> None:
        self.id = id
        self.wake = wake
        self.failure: ServiceError | None = None
        self._watcher = watcher
        self._left = left
        self._account = account
        self._position = Position(id, level, after=after)
        self.after = after
        self._notice: ServiceError | None = None

    def notify(self, error: ServiceError) -> None:
        """Tell of a failed read, which is made again. Only the newest is kept."""
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
            return error_message(self.id, error, goes_on=True)
        feed = self._watcher.feed
        if feed is None or self.failure is not None:
            return None
        if self._position.position is None and self._watcher.hidden:
            return None
        if self._position.position is None and self._account not in {None, self._watcher.account}:
            self.failure = ExecutionNotFound("No such execution in this account and region.")
            return None
        return self._position.next_message(feed)

    @property
    def behind(self) -> bool:
        """Whether it came with a cursor that AWS's reads don't reach yet."""
        feed = self._watcher.feed
        return feed is not None and self._position.behind(feed)

    @property
    def completed(self) -> bool:
        """Whether it was told of an end."""
        return self._position.completed_at is not None

    @property
    def finished(self) -> bool:
        """Whether the execution has ended and every event of it was covered."""
        feed = self._watcher.feed
        return feed is not None and self._position.finished(feed)

    def close(self) -> None:
        """Leave. Safe to call twice."""
        self._watcher.leave(self)
        if (left := self._left) is not None:
            self._left = None
            left()
