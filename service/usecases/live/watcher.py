"""Follows one execution's history by reads and pushes, and wakes whoever looks at it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from math import inf

from handrail.core.errors import Draining, ServiceError
from handrail.core.models import Cursor, ExecutionId, HistoryEvent
from handrail.core.pushes import PushedEvent
from handrail.core.read_queue import Urgency, Waiter
from handrail.core.reader_lease import Step
from handrail.usecases.lag import not_shown

from .early_end import EarlyEnd
from .feed import Feed
from .pushed_events import PushedEvents, begun_anew
from .read_budget import TurnWithdrawn
from .read_schedule import HubContext
from .shared_watches import SharedWatches
from .source import ExecutionSource
from .subscription import Subscription
from .watched_execution import WatchedExecution

END_PUSHED_S = 5.0  # so long an end that is known otherwise may be in coming by a push
FRESH_S = 1.0  # a younger snapshot is shown without another read, where no change is known of


class Watcher(WatchedExecution):
    """`run` is a task for as long as it is in use. `was_read` is whether its history was, once at
    least."""

    def __init__(
        self,
        id: ExecutionId,
        source: ExecutionSource,
        context: HubContext,
        shared: SharedWatches | None = None,
    ) -> None:
        super().__init__(id, source, context)
        self.was_read = False
        self.pushes = PushedEvents(self, context, self.rhythm)
        self._due = self._stale = True
        self._unneeded = False  # whether the read that waits for its turn was withdrawn as such
        self._first_by = self._next_at
        if shared is not None and not id.express:  # what is pushed of these every replica has
            self.shared = shared.join(self)

    def shows(
        self,
        cursor: Cursor | None,
        *,
        fresh: bool = False,
        lagging: bool = False,
        waits: bool = False,
    ) -> bool:
        """True if it was read up to this cursor and, unless it may be `lagging`, up to what this
        process did; to be `fresh`, a moment ago and before any change that is known of. Whoever
        `waits` for what comes next is told of it by pushes, where they come."""
        if not self.was_read or self.require_feed().behind(cursor):
            return False
        young = self._clock.monotonic() < self.read_at + FRESH_S or (waits and self.rhythm.pushed)
        return (lagging or not self.hidden) and (not fresh or (young and not self._stale))

    @property
    def urgency(self) -> Urgency:
        """Of its next read; those who wait for that may be in a greater hurry."""
        if self.shared.asked:
            return Urgency.REQUEST
        if not self.looked_at:
            return Urgency.IDLE
        urgency, missing = self.rhythm.urgency(self.feed), self.pushes.due_at < inf
        return min(urgency, Urgency.CHANGING) if missing or self._stale else urgency

    @property
    def _follows_pushes(self) -> bool:
        """True if what is known is as new as what is pushed."""
        return self.was_read and self.rhythm.pushed

    def join(self, subscription: Subscription, *, first_by: float | None = None) -> None:
        """Register first; the snapshot is drawn later, so no change falls between. `first_by` is
        when this subscriber wants it."""
        lingering = not self.in_use
        self._audience.add(subscription)
        self._count()
        if first_by is not None:
            self._first_by = first_by if lingering else min(first_by, self._first_by)
        if subscription.after is not None:
            self._awaited.joined(subscription, begun=self.feed is not None)
        if (lingering and not self._follows_pushes) or subscription.behind:
            self.nudge()
        if reported := self._failures.reported:
            subscription.notify(next(reversed(reported.values())))
        subscription.wake()

    def leave(self, subscription: Subscription) -> None:
        self._audience.remove(subscription)
        self._awaited.ahead.pop(subscription, None)
        self._count()

    @contextmanager
    def kept_running(self, after: Cursor | None) -> Iterator[None]:
        """In use without a subscription; `after` says that there is such an execution."""
        self._awaited.vouch(after)
        try:
            with self._audience.request():
                self._count()
                yield
        finally:
            self._count()

    def nudge(self) -> None:
        """Read again now."""
        self._due = self._stale = True
        self.shared.nudged_at = self._clock.monotonic()
        self.wake()

    async def fresh(
        self,
        *,
        by: float | None = None,
        urgency: Urgency = Urgency.REQUEST,
        content: bool = False,
    ) -> Feed:
        """The feed after a read that began no earlier than this call, due `by` or now, and shared;
        `content` as by `ReadRequests.wait`. Raises what the read raises, and why the watcher ended
        where it has."""
        if self.requests.begun:
            self._due = True
            self.wake()
        by = self._clock.monotonic() if by is None else by
        return await self.requests.wait(by, urgency, content=content)

    def show_end(self, end: EarlyEnd | None, *, epoch: int) -> None:
        """It has ended (None: it runs), as a list shows. Tells subscribers at once, even before the
        first read; then it is read ahead of ordinary changes, or the end is pushed in a moment."""
        if end is not None:
            self.history.begin(epoch)
        feed = self.feed
        if feed is not None and feed.ended and end is None:
            self.nudge()  # redriven
        elif feed is not None and feed.show_end(end):
            self._wake_all()
            now = self._clock.monotonic()
            if end is not None and self._follows_pushes:
                self._next_at = min(self._next_at, now + END_PUSHED_S)
                self.wake()
            else:
                self.nudge()
                self._context.reads.hasten(self.requests.waiter, Urgency.ENDED, now)

    def pushed(self, push: PushedEvent) -> None:
        """Fold it when it comes next. Returns at once."""
        reached = self.rhythm.reached
        self.pushes.add(push)
        if not reached:
            self._count()
            if self._follows_pushes and self.pushes.due_at == inf:
                self.leave_unread()

    def fall_back(self) -> None:
        """Nothing is pushed any more: read, and go on polling."""
        self.rhythm.made_sure, self._shown_at = False, self._clock.monotonic()
        self._count()
        self._due = True
        self.wake()

    async def take(
        self, events: Iterable[HistoryEvent], *, raw: bool, lacking: Collection[int] = ()
    ) -> bool:
        """As `FollowedHistory.take`. A feed that these begin needs no first read."""
        taken = await self.history.take(events, raw=raw, lacking=lacking)
        if taken and not self.was_read:
            self.was_read, self._stale = True, False
            self.leave_unread()
            self._wake_all()
        return taken

    def leave_unread(self) -> None:
        """A read that is due or waits for its turn is left out, unless it is wanted otherwise."""
        under_way = self.reading.locked() and self.requests.begun
        behind = any(each.behind for each in self._awaited.ahead)
        early = self.feed is not None and self.feed.early_end is not None
        wanted = behind or early or self.requests.wanted or self._failures.reported
        if not (under_way or wanted):
            self._due, self._unneeded = False, self.reading.locked()
            self._next_at = self._clock.monotonic() + self._delay_s(awaited=False)
            self._context.reads.withdraw(self.requests.waiter)
        self.promise_anew()

    async def run(self) -> None:
        """Read and wait until nobody has been here for the linger time. Raises ServiceError where
        there is nothing to watch; subscribers are told of other failures, and it reads again."""
        while await self._audience.stays():
            if self.pushes.another:
                raise begun_anew()
            wait_s = min(self._next_at, self.pushes.due_at) - self._clock.monotonic()
            if self._due or self.shared.news or wait_s <= 0:
                self._due = self._due or wait_s <= 0
                async with self.reading:
                    await self._read()
                if self.feed is None:
                    awaited = await self._failures.looked_for()
                else:
                    await self.pushes.fold()
                    self._count()
                    for subscription in self._awaited.given_up():
                        subscription.hold_out(not_shown())
                    awaited = bool(self._awaited.ahead) or self.hidden
                self._next_at = self._clock.monotonic() + self._delay_s(awaited=awaited)
                self.promise_anew()
            else:
                self._wake.clear()
                await self._clock.wait(self._wake, wait_s)

    def end(self, error: ServiceError | None) -> None:
        """Fails all subscriptions with this error; None where the hub closes or nobody is left."""
        if error is not None:
            self._audience.fail(error)
        self.requests.refuse(error or Draining("This replica is shutting down."))
        self._context.watches.discard(self)
        self.shared.leave()  # it tells what it read
        self.history.forget()
        self.pushes.close()

    def _count(self) -> None:
        """Among those that share the budget of reads."""
        read_here = not self.rhythm.pushed and not self.shared.follows
        counted, watches = self.in_use and read_here, self._context.watches
        (watches.add if counted else watches.discard)(self)
        if self.in_use:
            self.requests.waiter.wanted = True
        else:
            self.shared.mark()
            self._context.reads.withdraw(self.requests.waiter)

    async def _read(self) -> None:
        """One read, and the answer for those who waited when it began."""
        begun_at = self._clock.monotonic()

        def began() -> None:
            nonlocal begun_at
            begun_at, self._due = self._clock.monotonic(), False
            if first:
                self._shown_at = begun_at
            self.requests.begin()
            self.pushes.read_begins()

        result: Feed | ServiceError | None = None
        feed, first = self.feed, not self.was_read
        position = feed.position if feed is not None else 0
        by = self._due_by(begun_at) if feed else self._first_by
        waiter = self.requests.next_waiter(self.urgency, by)
        try:
            step, news = await self._learn(waiter, began)
        except TurnWithdrawn:
            self._due, self._unneeded = not self._unneeded or self.requests.wanted, False
        except ServiceError as error:
            if not self.requests.begun:
                began()  # and failed at once
            self.shared.mark()  # perhaps another is to read for all
            result = await self._failures.meant(error, feed, read_at=self.read_at)
        else:
            if step is Step.WAIT:
                return
            feed = result = self.require_feed()
            if news and not first:
                self._context.observers.lag_seen("read", self._clock.monotonic() - self.read_at)
                self.pushes.compare(feed.log.after(position), since_s=begun_at - self.read_at)
            self._succeeded(step, begun_at)
            if first and not self.promise_anew():
                self._wake_all()
        finally:
            self.requests.end(result)

    def _succeeded(self, step: Step, begun_at: float) -> None:
        self.rhythm.failures = 0
        self.rhythm.made_sure |= self.rhythm.pushed and self.was_read
        if self._failures.reported:
            self._audience.recovered()
        self._failures.reported.clear()
        if step is Step.READ:
            self.shared.was_read(begun_at)
        self.read_at = begun_at if step is Step.READ else self.shared.read_at
        self._shown_at = max(begun_at if self.read_at == -inf else self.read_at, self._shown_at)
        self._stale = self._due or self.read_at < self.shared.nudged_at
        self.was_read = True

    async def _learn(self, waiter: Waiter, began: Callable[[], None]) -> tuple[Step, bool]:
        """Read what is new, or take what another replica read: which of these was done, and whether
        AWS showed anything new. Raises as `FollowedHistory.read`."""
        due, self._due = self._due, False
        step = await self.shared.step(due=due)
        self._count()
        if step is Step.READ:
            return step, await self.history.read(waiter, began)
        if step is Step.SHOW:
            began()
        return step, False
