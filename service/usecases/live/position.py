"""Tells what is due for one subscriber at its position in a feed. Pure."""

from contextlib import suppress
from dataclasses import dataclass, field

from handrail.core.errors import ServiceError
from handrail.core.models import Cursor
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.progress_document import noticeable
from handrail.core.protocol.progress_shapes import ProgressDocument

from .early_end import EarlyEnd
from .feed import Feed


@dataclass(slots=True)
class Position:
    """`position` is the event id the subscriber is current to, None before `subscribed`; `after`
    its cursor; `completed_at` where it was told of an end. They move as messages are drawn."""

    id: str
    level: Level
    after: Cursor | None = None
    position: int | None = None
    completed_at: int | None = None
    _early_end: EarlyEnd | None = field(init=False, default=None)
    _promised_s: float | None = field(init=False, default=None)
    _progress: ProgressDocument | None = field(init=False, default=None)
    _announced: ProgressDocument | None = field(init=False, default=None)
    _resumed_behind: bool = field(init=False, default=False)

    def behind(self, feed: Feed) -> bool:
        """True if the subscriber came with a cursor that AWS's reads don't reach yet, or behind
        which something is still to be read that it is to be told."""
        lacks = self.level is Level.EVENTS and feed.lacks(self.after)
        return self.position is None and (lacks or feed.behind(self.after))

    def next_message(self, feed: Feed, *, failing: bool = False) -> Message | None:
        """The message due now; None where there's none, or AWS's reads are behind the cursor. While
        reads are `failing`, and the subscriber knows, what is promised is no news."""
        if self.position is not None:
            return self._next(feed, self.position, failing=failing)
        if self.behind(feed):
            return None
        recovered, after = feed.knows(self.after, self.level), self.after
        self.position = after.event_id if after is not None and recovered else feed.position
        self._promised_s = feed.stale_after_s
        if not recovered:  # the snapshot is all it knows
            self._early_end = feed.early_end
        subscribed = feed.subscribed(self.id, position=self.position, recovered=recovered)
        self._told(feed, subscribed)
        self._resumed_behind = recovered and self.position < feed.progress.marked_at
        return subscribed

    def finished(self, feed: Feed) -> bool:
        """True if the execution has ended and every event of it was covered."""
        return feed.ended and self.position == feed.position

    def _next(self, feed: Feed, position: int, *, failing: bool) -> Message | None:
        while position < feed.position:
            if self.level is Level.EVENTS and not feed.log.covers(position):
                self.position = feed.position
                reason = "The client fell further behind than events are kept."
                return self._told(feed, feed.reset(self.id, reason))
            position, message = feed.update(self.id, self.level, position, self._promised_s)
            self.position = position
            if message is not None:
                self._promised_s = feed.stale_after_s
                return self._told(feed, message)
        if self._news_of_outlook(feed, failing=failing):
            return self._told(feed, feed.update_of_outlook(self.id, self.level))
        if feed.ended and position == feed.position and self.completed_at != position:
            self.completed_at = position
            return feed.complete(self.id)
        return None

    def _news_of_outlook(self, feed: Feed, *, failing: bool) -> bool:
        """True if more is known besides the events; an end shown early is told of by those too."""
        promise = self._promised_s is not None and self._promised_s != feed.stale_after_s
        told_end = feed.early_end is None and feed.ended
        end = self._early_end != feed.early_end and not told_end
        self._early_end = feed.early_end
        if failing and not end:
            return False
        self._promised_s = feed.stale_after_s
        before, self._announced = self._announced, feed.progress.announced
        announced = self._progress is not None and self._announced is not before
        progress = announced and noticeable(self._progress, self._announced)
        return promise or end or progress or self._resumed_behind

    def _told(self, feed: Feed, message: Message) -> Message:
        """Every one that it was handed has the progress that was drawn last; who resumed goes by
        updates alone."""
        self._resumed_behind = False
        self._progress, self._announced = feed.progress.drawn, feed.progress.announced
        return message


def cursor_or_none(text: str | None) -> Cursor | None:
    """A client's cursor. One that can't be read is unknown, not an error: start over."""
    with suppress(ServiceError):
        return Cursor.parse(text) if text else None
    return None
