"""Takes one execution's turn: finds out whether it is known, has the hub follow it, and tells what
is news of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from handrail.core.errors import Draining, Unavailable
from handrail.core.news.news_outbox import Followed
from handrail.core.read_queue import Urgency
from handrail.usecases.lag import YOUNG_S, not_shown
from handrail.usecases.live import Hub
from handrail.usecases.live.event_follower import EventFollower, events_after

from .execution_news import ExecutionNews, NewsMaking
from .sightings import SAME, Sighting
from .tracked_executions import TrackedExecution, TrackedExecutions
from .watermarks import Watermarks

log = structlog.get_logger(__name__)

YOUNG = timedelta(seconds=YOUNG_S)


@dataclass(slots=True, repr=False)
class ExecutionTurns:
    """With `push`, `most` executions are followed at once. Each turn is one of `folding`, or one of
    the slower `reading`; both may be asked for at any time."""

    making: NewsMaking
    hub: Hub
    marks: Watermarks
    tracked: TrackedExecutions
    push: bool
    most: int
    folding: Callable[[TrackedExecution], None]
    reading: Callable[[TrackedExecution], None]
    _followed: int = field(init=False, default=0)
    _unfollowed: dict[TrackedExecution, None] = field(init=False, default_factory=dict)
    _full: bool = field(init=False, default=False)

    async def fold(self, each: TrackedExecution) -> None:
        """What is known of it now; it is read later where that is needed. Raises ServiceError."""
        news = each.news or await self._recognised(each)
        if news is None:
            return
        if (following := self._following(each)) is not None:
            await self._take(each, news, following)
        elif each.due or not self._recordable(each, news):
            each.due, each.reading = False, True
            self.reading(each)
        else:
            news.started_at = news.started_at or each.sighting.started_at
            await news.record()

    async def read(self, each: TrackedExecution) -> None:
        """Read what isn't followed. Raises ServiceError."""
        news = each.news
        if news is None or each.following is not None:
            return
        async with self.hub.watching(str(each.id), lagging=True, urgency=Urgency.IDLE) as watcher:
            await news.take(events_after(watcher.history, news.cursor, self.making.clock))
        if news.ended:
            self._finish(each, news)
        elif each.expects_end:
            raise not_shown()
        else:
            each.failures = 0

    async def give_up(self, each: TrackedExecution) -> None:
        """Nothing more can be known of it: there is none any more."""
        log.warning("execution given up", execution=str(each.id))
        if (news := each.news) is not None:
            news.started_at = news.started_at or each.sighting.started_at or each.sighting.at
            await news.give_up()
            self._finish(each, news)
        else:
            self.tracked.drop(each)

    def unfollow(self, each: TrackedExecution) -> None:
        """Safe to call twice."""
        self._unfollowed.pop(each, None)
        if (following := each.following) is None:
            return
        each.following = None
        following.close()
        self._followed -= 1
        if (waiting := next(iter(self._unfollowed), None)) is not None:
            del self._unfollowed[waiting]
            self.folding(waiting)
        self._full = self._full and bool(self._unfollowed)

    def old(self, each: TrackedExecution) -> bool:
        """Whether AWS would show it, if there were one."""
        return (each.started_at or each.sighting.at) < self.making.clock.now() - YOUNG

    async def _recognised(self, each: TrackedExecution) -> ExecutionNews | None:
        """None where there is nothing to be told of it."""
        sighting, making = each.sighting, self.making
        known = await making.outbox.find(each.id)
        if known is None or not sighting.same(known.started_at):
            mark = await self.marks.of(each.id.machine)
            since, begun = min(mark, sighting.at), sighting.started_at
            each.news = ExecutionNews(each.id, making, since=since, known_before=mark)
            if begun is not None and begun >= mark:
                each.news.started_at = begun
        elif known.ended and not sighting.news_after(known):
            self.tracked.drop(each, known)
        else:
            each.news = self.resumed(known)
        return each.news

    def resumed(self, known: Followed) -> ExecutionNews:
        """Of an execution that the outbox knows."""
        begun = known.started_at
        return ExecutionNews(
            known.execution, self.making, known.position, started_at=begun, recorded=True
        )

    def _following(self, each: TrackedExecution) -> EventFollower | None:
        """As it is followed, from now on where there is room for it. Raises Draining."""
        if each.following is None and self.push and not each.expects_end:
            if self._followed < self.most:
                try:
                    each.following = self.hub.follow(each.id, lambda: self.folding(each))
                    self._followed += 1
                except Draining:
                    raise
                except Unavailable:
                    self._wait_for_room(each)
            else:
                self._wait_for_room(each)
        return each.following

    def _wait_for_room(self, each: TrackedExecution) -> None:
        self._unfollowed[each] = None
        if not self._full:
            self._full = True
            log.warning("news come late: too many executions to follow", followed=self._followed)

    async def _take(
        self, each: TrackedExecution, news: ExecutionNews, following: EventFollower
    ) -> None:
        if (failure := following.failure) is not None:
            self.unfollow(each)
            raise failure
        begun, known = following.started_at, news.started_at
        if begun is not None and known is not None and abs(begun - known) > SAME:
            if begun > known:  # the name was used again
                each.news, each.sighting = None, Sighting(each.id, begun, None, begun)
                self.folding(each)
            else:  # the hub has the one before still: it ends by itself when it is read
                following.nudge()
            return
        await news.take(following.after(news.cursor))
        each.failures = 0
        if news.ended:
            self._finish(each, news)

    def _recordable(self, each: TrackedExecution, news: ExecutionNews) -> bool:
        """Whether it need not be read now: nothing that it did so far is news already, or could be
        told later by mistake."""
        begun, since = each.sighting.started_at, news.known_before
        if news.recorded or since is None:
            return True
        if begun is None or each.sighting.reopened:
            return False
        if self.push:
            return begun >= since
        return not self.making.subscribers.ask_for_starts(each.id.machine)

    def _finish(self, each: TrackedExecution, news: ExecutionNews) -> None:
        self.unfollow(each)
        self.tracked.drop(each, news.followed)
