"""Follows one execution for all of its events, redacted, in order and without a gap, whether they
were pushed or read."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Unavailable
from handrail.core.models import HistoryEvent
from handrail.core.protocol.client_messages import Level
from handrail.core.read_queue import Urgency

from .followed_history import FollowedHistory
from .pushed_events import SAME_MS, begun_anew
from .subscription import Subscription
from .watcher import Watcher

SAME = timedelta(milliseconds=SAME_MS)


class EventFollower:
    """`wake` is called when there may be more, and must return at once. `history` is where it is
    read, by the least urgent of all reads."""

    def __init__(self, watcher: Watcher, wake: Callable[[], None], clock: Clock) -> None:
        self.history, self._clock = watcher.history, clock
        self._subscription = Subscription(
            watcher,
            id="",
            after=None,
            level=Level.EVENTS,
            account=None,
            wake=wake,
            alone=False,
            idle=True,
        )
        self._nudge = watcher.nudge
        watcher.join(self._subscription)

    @property
    def started_at(self) -> datetime | None:
        """The date of its first event; None before that is known."""
        try:
            return self.history.started_at
        except Unavailable:
            return None

    @property
    def failure(self) -> ServiceError | None:
        """Why nothing more comes; None while it may."""
        return self._subscription.failure

    def nudge(self) -> None:
        """There may be more to be read than was pushed."""
        self._nudge()

    def close(self) -> None:
        self._subscription.close()

    async def after(self, position: int) -> AsyncGenerator[Sequence[HistoryEvent]]:
        """As `events_after`; what came without its payload is read first, and then wakes."""
        feed = self.history.feed
        if feed is not None and feed.log.lacks(position):
            self._nudge()
            return
        async with aclosing(events_after(self.history, position, self._clock)) as runs:
            async for events in runs:
                yield events


async def events_after(
    history: FollowedHistory, position: int, clock: Clock
) -> AsyncGenerator[Sequence[HistoryEvent]]:
    """The events after this id that are known now, some hundred at once: from memory, or read
    again. Nothing before the first read. Raises what reading raises, and Unavailable."""
    feed = history.feed
    while feed is not None and feed.log.covers(position):
        if not (events := feed.log.after(position)):
            return
        position = events[-1].id
        yield events
    if feed is None:
        return
    began_at = history.started_at
    async with aclosing(history.whole(clock.monotonic, Urgency.IDLE)) as runs:
        async for run in runs:
            if run[0].id == 1 and abs(run[0].at - began_at) > SAME:
                raise begun_anew()
            if new := [event for event in run if event.id > position]:
                yield new
