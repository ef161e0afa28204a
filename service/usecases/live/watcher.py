"""Reads one execution's history forward, and wakes whoever looks at it. Every source of change only
says "read again" (`nudge`)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from handrail.core.errors import (
    Draining,
    ExecutionNotFound,
    NotShownYet,
    ServiceError,
    Unavailable,
)
from handrail.core.models import Account, Cursor, ExecutionId
from handrail.core.read_queue import Urgency
from handrail.usecases.lag import STREAM_S, YOUNG_S, Awaited, not_shown

from .feed import EarlyEnd, Feed
from .read_budget import ReadRequests, TurnWithdrawn
from .read_schedule import HubContext, Rhythm
from .source import ExecutionSource, FollowedHistory
from .subscription import Subscription

FRESH_S = 1.0  # a younger snapshot is shown without another read, where no change is known of


class Watcher:
    """`run` is a task for as long as it is in use. `was_read` is whether its history was, once at
    least; `reading` is locked while a read is under way."""

    def __init__(self, id: ExecutionId, source: ExecutionSource, context: HubContext) -> None:
        self.id = id
        self.subscriptions: dict[Subscription, None] = {}
        self.was_read = False
        self.reading = asyncio.Lock()
        self._source = source
        self._context = context
        self._clock = context.clock
        self._rhythm = Rhythm(context)
        self.history = FollowedHistory(id, source, context, self._rhythm, self._wake_all)
        self._awaited = Awaited(id, context.clock, context.own)
        self._requests = ReadRequests(context.reads)
        self._wake = asyncio.Event()
        self._dismissed = False
        self._others = 0  # that keep it watched without a subscription
        self._reported: dict[str, ServiceError] = {}  # since a read last succeeded, by code
        self._due = self._stale = True
        self._next_at = self._first_by = self._read_at = context.clock.monotonic()

    @property
    def feed(self) -> Feed | None:
        return self.history.feed

    @property
    def account(self) -> Account | None:
        return self.history.located.account if self.history.located else None

    def shows(self, cursor: Cursor | None, *, fresh: bool = False, lagging: bool = False) -> bool:
        """True if it was read up to this cursor and, unless it may be `lagging`, up to what this
        process did; to be `fresh`, a moment ago and before any change that is known of."""
        if not self.was_read or self.require_feed().behind(cursor):
            return False
        young = self._clock.monotonic() - self._read_at < FRESH_S
        return (lagging or not self.hidden) and (not fresh or (young and not self._stale))

    @property
    def in_use(self) -> bool:
        return bool(self.subscriptions) or self._others > 0

    @property
    def urgency(self) -> Urgency:
        """Of its next read; those who wait for that may be in a greater hurry."""
        return self._rhythm.urgency(self.feed) if self.subscriptions else Urgency.IDLE

    @property
    def read_at(self) -> float:
        """When its latest read began, in monotonic seconds."""
        return self._read_at

    @property
    def hidden(self) -> bool:
        """True if what is known is older than what this process did."""
        feed = self.feed
        if feed is None:
            return True
        tokens = map(self.history.token, feed.projection.tasks)
        return self._awaited.hides(feed.cursor(feed.position), tokens)

    def join(self, subscription: Subscription, *, first_by: float | None = None) -> None:
        """Register first; the snapshot is drawn later, so no change falls between. `first_by` is
        when this subscriber wants it."""
        lingering = not self.in_use
        self.subscriptions[subscription] = None
        self._came()
        self._wake.set()  # a request may have come before, while it lingered
        if first_by is not None:
            self._first_by = first_by if lingering else min(first_by, self._first_by)
        if subscription.after is not None:
            self._awaited.joined(subscription, begun=self.feed is not None)
        if lingering or subscription.behind:
            self.nudge()
        if reported := self._reported:
            subscription.notify(next(reversed(reported.values())))
        subscription.wake()

    def leave(self, subscription: Subscription) -> None:
        self.subscriptions.pop(subscription, None)
        self._awaited.ahead.pop(subscription, None)
        self._left()

    @contextmanager
    def kept_running(self, after: Cursor | None) -> Iterator[None]:
        """In use without a subscription; `after` says that there is such an execution."""
        self._awaited.vouch(after)
        self._others += 1
        self._came()
        try:
            yield
        finally:
            self._others -= 1
            self._left()

    def nudge(self) -> None:
        """Read again now."""
        self._due = self._stale = True
        self._wake.set()

    async def fresh(self, *, by: float | None = None, urgency: Urgency = Urgency.REQUEST) -> Feed:
        """The feed after a read that began no earlier than this call, due `by` or now, and shared.
        Raises what the read raises, and why the watcher ended where it has."""
        if self._requests.begun:
            self.nudge()
        return await self._requests.wait(self._clock.monotonic() if by is None else by, urgency)

    def require_feed(self) -> Feed:
        """The feed, once `fresh` has returned."""
        if self.feed is None:
            raise Unavailable("The execution hasn't been read yet.")
        return self.feed

    def show_end(self, end: EarlyEnd | None, *, epoch: int) -> None:
        """ListExecutions shows that it has ended (None: that it runs). Tells subscribers at once,
        even before the first read, then reads its history ahead of ordinary changes."""
        if end is not None:
            self.history.begin(epoch)
        feed = self.feed
        if feed is not None and feed.ended and end is None:
            self.nudge()  # redriven
        elif feed is not None and feed.show_end(end):
            self._wake_all()
            self.nudge()
            now = self._clock.monotonic()
            self._context.reads.hasten(self._requests.waiter, Urgency.ENDED, now)

    async def run(self) -> None:
        """Read and wait until nobody has been here for the linger time. Raises ServiceError where
        there is nothing to watch; subscribers are told of other failures, and it reads again."""
        while await self._wanted():
            wait_s = self._next_at - self._clock.monotonic()
            if self._due or wait_s <= 0:
                async with self.reading:
                    await self._read()
                if self.feed is not None:
                    if self._promise(self.feed):
                        self._wake_all()
                    for subscription in self._awaited.given_up():
                        subscription.hold_out(not_shown())
                awaited = await self._more_is_awaited()
                found = self.feed is not None or bool(self._reported)
                delay_s = self._rhythm.delay_s(self.feed, found=found, awaited=awaited)
                self._next_at = self._clock.monotonic() + delay_s
            else:
                self._wake.clear()
                await self._clock.wait(self._wake, wait_s)

    def dismiss(self) -> None:
        """Don't linger: others need the room."""
        self._dismissed = True
        self._wake.set()

    def end(self, error: ServiceError | None) -> None:
        """Fails all subscriptions with this error; None where the hub closes or nobody is left."""
        if error is not None:
            for subscription in tuple(self.subscriptions):
                subscription.fail(error)
        self._requests.refuse(error or Draining("This replica is shutting down."))
        self._context.watches.discard(self)
        self.history.forget()

    def _came(self) -> None:
        self._context.watches.add(self)
        self._requests.waiter.wanted = True

    def _left(self) -> None:
        self._wake.set()
        if not self.in_use:
            self._context.watches.discard(self)
            self._context.reads.withdraw(self._requests.waiter)

    async def _wanted(self) -> bool:
        """True if anybody is here, or comes within the linger time."""
        left_at = self._clock.monotonic()
        while not self.in_use:
            wait_s = left_at + self._context.limits.linger_s - self._clock.monotonic()
            if wait_s <= 0 or self._dismissed:
                return False
            self._wake.clear()
            await self._clock.wait(self._wake, wait_s)
        return True

    async def _read(self) -> None:
        """One read, and the answer for those who waited when it began."""
        begun_at = self._clock.monotonic()

        def began() -> None:
            nonlocal begun_at
            begun_at, self._due = self._clock.monotonic(), False
            self._requests.begin()

        result: Feed | ServiceError | None = None
        feed = self.feed
        first, position = not self.was_read, feed.position if feed else 0
        by = min(begun_at, self._next_at) if feed else self._first_by
        waiter = self._requests.next_waiter(self.urgency, by)
        try:
            await self.history.read(waiter, began)
        except TurnWithdrawn:
            self._due = True
        except ServiceError as error:
            if not self._requests.begun:
                began()  # and failed at once
            result = await self._failed(error)
        else:
            feed = result = self.require_feed()
            if not first and feed.position > position:
                self._context.lag_seen(self._clock.monotonic() - self._read_at)
            self._rhythm.failures = 0
            for subscription in tuple(self.subscriptions) if self._reported else ():
                subscription.recovered()
            self._reported.clear()
            self._read_at, self._stale, self.was_read = begun_at, self._due, True
            if first:
                self._promise(feed)
                self._wake_all()
        finally:
            self._requests.end(result)

    async def _more_is_awaited(self) -> bool:
        """True if the next read is to show more in a moment."""
        if self.feed is not None:
            return bool(self._awaited.ahead) or self.hidden
        return self._awaited.looked_for or await self._source.started_s_ago(self.id) < STREAM_S

    async def _failed(self, error: ServiceError) -> ServiceError | None:
        """What to answer those who waited; None where AWS may only not show yet what nobody vouches
        for. Raises the error where there is nothing to watch."""
        self._rhythm.failures += 1
        feed = self.feed
        if isinstance(error, ExecutionNotFound | NotShownYet):
            if feed is not None and self._clock.monotonic() - self._read_at < STREAM_S:
                self._awaited.vouch(feed.cursor(feed.position))  # it was there a moment ago
            if self._awaited.looked_for or await self._source.started_s_ago(self.id) < STREAM_S:
                return not_shown()
            if feed is None and self._rhythm.failures <= len(self._rhythm.looks_s):
                return None
            if self._awaited.there or await self._source.started_s_ago(self.id) < YOUNG_S:
                error = not_shown()
        if feed is None and not error.retryable and error.status < 500:
            raise error
        if error.code not in self._reported:  # once a streak and kind
            self._reported[error.code] = error
            for subscription in tuple(self.subscriptions):
                subscription.notify(error)
        return error

    def _wake_all(self) -> None:
        account, feed = self.account, self.feed
        if account is not None and feed is not None and (seen := feed.execution(account)):
            self._context.seen(seen)
        for subscription in tuple(self.subscriptions):
            subscription.wake()

    def _promise(self, feed: Feed) -> bool:
        return self._context.limits.promises and feed.promise(self._rhythm.promise_s(feed))
