"""Folds what is pushed of one execution, by the numbers of its events: the next one as if it had
been read, an older one not at all; one that is ahead waits a moment for those before it, and then
the history is read."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

import structlog

from handrail.core.errors import ServiceError, Unavailable
from handrail.core.history.ahead import AheadEvents
from handrail.core.history.facts import OUTCOMES
from handrail.core.history.payloads import needs_payload, shows_all_are_logged
from handrail.core.models import ExecutionId, HistoryEvent, rfc3339, to_ms
from handrail.core.protocol.client_messages import Level
from handrail.core.push_health import HEALTHY_S
from handrail.core.pushes import PushedEvent
from handrail.usecases.lag import STREAM_S

from .early_end import EarlyEnd
from .event_log import size_of
from .feed import Feed
from .followed_history import FollowedHistory
from .push_state import HOLE_S
from .read_schedule import HubContext, Rhythm
from .subscription import Subscription

log = structlog.get_logger(__name__)

LONGEST_HOLE_S = 10.0  # between two reads for a hole that AWS's reads show too
SAME_MS = 1000  # first events dated further apart are those of two executions of one name


class PushedWatcher(Protocol):
    """What of a watcher pushes move."""

    id: ExecutionId
    history: FollowedHistory
    wake: Callable[[], None]

    @property
    def subscriptions(self) -> Collection[Subscription]: ...

    async def take(
        self, events: Sequence[HistoryEvent], *, raw: bool, lacking: Collection[int]
    ) -> bool: ...

    def show_end(self, end: EarlyEnd | None, *, epoch: int) -> None: ...

    def nudge(self) -> None: ...

    def leave_unread(self) -> None:
        """What would be read now was pushed."""


@dataclass(eq=False, slots=True, repr=False)
class PushedEvents:
    """`due_at` is when the history is to be read for what is missing here, infinity where nothing
    is; `another` is True where the pushes are of another execution of the name."""

    watcher: PushedWatcher
    context: HubContext
    rhythm: Rhythm
    due_at: float = field(init=False, default=inf)
    another: bool = field(init=False, default=False)
    _folding: bool = field(init=False, default=False)
    _unfolded_end: EarlyEnd | None = field(init=False, default=None)  # it came without its output
    _ahead: AheadEvents[PushedEvent] = field(init=False)
    _holes: int = field(init=False, default=0)  # reads in a row, as long as there is one

    def __post_init__(self) -> None:
        self._ahead = AheadEvents(self.context.ahead, lambda push: size_of(push.event))

    def add(self, push: PushedEvent) -> None:
        """Fold it when it comes next. Returns at once."""
        event, due_at = push.event, self.due_at
        self.rhythm.reached = self.rhythm.reached or shows_all_are_logged(event)
        if event.id > self._position:
            self._ahead.add(event.id, push)
            if not self._ahead.has(self._position + 1):
                self._wait_for_missing()
            elif not self._folding:
                self.context.spawn(self.fold())
        elif event.id == 1 and _begins_another(self._feed, push):
            self.another = True
        if self.another or self.due_at < due_at:
            self.watcher.wake()

    async def fold(self) -> None:
        """Fold all that can be; the watcher then needs no read for it."""
        if self._folding:
            return
        due_at = self.due_at
        folded, self._folding, self._unfolded_end = False, True, None
        try:
            while run := self._next_run():
                if await self._take(run):
                    folded = True
                elif self._position < run[-1].event.id:
                    self._ahead.lost = True
        except ServiceError:  # the read that follows says why
            self._ahead.lost = True
        except Exception:
            log.exception("pushed events not folded", execution=str(self.watcher.id))
            self.watcher.nudge()
        finally:
            self._folding = False
        self._wait_for_missing()
        if self._unfolded_end is not None and self._feed is not None:
            self.watcher.show_end(self._unfolded_end, epoch=self._feed.epoch)
        if folded and self.rhythm.pushed and self.due_at == inf:
            self.watcher.leave_unread()
        if self.due_at < due_at:
            self.watcher.wake()

    def read_begins(self) -> None:
        """What is missing until now is read. What still is afterwards is so in AWS's reads too."""
        self.due_at, self._ahead.lost = inf, False
        self._holes += 1

    def compare(self, read: Sequence[HistoryEvent], *, since_s: float) -> None:
        """AWS's reads showed these, and didn't `since_s` ago. One that wasn't pushed in its time
        tells that the state machine's events aren't: its logs or their subscription changed."""
        if not self.rhythm.pushed or self.watcher.id.express or self._ahead or since_s == inf:
            return
        now, pushes = self.context.clock.now(), self.context.pushes
        due_s = max(HEALTHY_S, pushes.promised_s(self.context.clock.monotonic()))
        ages_s = [(now - event.at).total_seconds() for event in read]
        if any(due_s < age_s < since_s - STREAM_S for age_s in ages_s):
            self.rhythm.reached = False
            pushes.missed(self.watcher.id.machine)

    def close(self) -> None:
        self._ahead.clear()

    async def _take(self, run: Sequence[PushedEvent]) -> bool:
        clock, events = self.context.clock, [push.event for push in run]
        late_s = max(0.0, (clock.now() - events[-1].at).total_seconds())
        self.context.pushes.arrived(late_s, clock.monotonic())
        self.context.observers.lag_seen("push", late_s)
        lacking = {push.event.id for push in run if push.truncated}
        return await self.watcher.take(events, raw=True, lacking=lacking)

    def _next_run(self) -> list[PushedEvent]:
        """What may be folded as it was pushed: up to the first event whose payload is missed."""
        if not self.watcher.history.takes_raw:
            self._ahead.drop(self._position)
            return []
        feed, run = self._feed, self._ahead.next_run(self._position)
        every_event = any(each.level is Level.EVENTS for each in self.watcher.subscriptions)
        ended = feed is not None and feed.ended
        for index, push in enumerate(run):
            if push.truncated and (every_event or needs_payload(push.event)):
                for later in run[index:]:
                    self._ahead.add(later.event.id, later)
                self._unfolded_end = _end_of(push)
                self._read_in(0.0)
                return run[:index]
            if ended and push.event.type != "ExecutionRedriven":  # AWS may know what this is
                self._read_in(0.0)
                return run[:index]
            ended = push.event.type in OUTCOMES
        return run

    def _wait_for_missing(self) -> None:
        if not self._ahead and not self._ahead.lost:
            self._holes = 0
            if self.due_at > self.context.clock.monotonic():
                self.due_at = inf
        elif self._position and self.due_at == inf:  # else the first read is due anyway
            self._read_in(HOLE_S)

    def _read_in(self, wait_s: float) -> None:
        if self._holes:
            wait_s = min(LONGEST_HOLE_S, HOLE_S * 2.0 ** min(self._holes, 10))
        self.due_at = min(self.due_at, self.context.clock.monotonic() + wait_s)

    @property
    def _feed(self) -> Feed | None:
        return self.watcher.history.feed

    @property
    def _position(self) -> int:
        return self._feed.position if self._feed is not None else 0


def _begins_another(feed: Feed | None, push: PushedEvent) -> bool:
    """True where this first event is another than the one that is known."""
    fields = feed.projection.execution if feed is not None else None
    return fields is not None and abs(to_ms(fields.started_at) - to_ms(push.event.at)) > SAME_MS


def _end_of(push: PushedEvent) -> EarlyEnd | None:
    if (status := OUTCOMES.get(push.event.type)) is None:
        return None
    return EarlyEnd(status.value, rfc3339(push.event.at))


def begun_anew() -> Unavailable:
    return Unavailable("Another execution of this name has begun; subscribe again.")
