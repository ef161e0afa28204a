"""One watcher: reads an execution's history forward and wakes whoever looks at it.

Every source of change only says "read again" (`nudge`); what it reads is the history.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.core.errors import Draining, ExecutionNotFound, ServiceError, Unavailable
from service.core.models import Account, Cursor, ExecutionId, HistoryEvent
from service.core.projection.facts import PendingTask
from service.core.read_queue import Urgency, Waiter
from service.usecases.clock import Clock

from .budget import TurnWithdrawn
from .feed import EarlyEnd, Feed
from .following import FeedLimits, Following, NoEventsYet
from .read_requests import ReadRequests
from .rhythm import Crowd, Lag, Rhythm
from .source import Source
from .subscription import Subscription

FRESH_S = 1.0
"""A snapshot younger than this is shown without another read, where no change is known of."""


@dataclass(frozen=True, slots=True)
class WatcherLimits:
    """How a watcher behaves; seconds. `promises` is whether it tells within how many seconds a
    change is seen."""

    linger_s: float
    feed: FeedLimits
    promises: bool = True


class Watcher:
    """Owned by the hub, which runs `run` in a task of its own for as long as it is in use."""

    def __init__(
        self,
        id: ExecutionId,
        source: Source,
        *,
        limits: WatcherLimits,
        rhythm: Rhythm,
        crowd: Crowd,
        clock: Clock,
        lag_seen: Callable[[float], None],
    ) -> None:
        self.id = id
        self._source = source
        self._limits = limits
        self._rhythm = rhythm
        self._crowd = crowd
        self._lag_seen = lag_seen
        self._lag = Lag(clock)
        self._clock = clock
        self._reads = source.budget.histories
        self._following = Following(
            id, source, limits=limits.feed, rhythm=rhythm, changed=self._wake
        )
        self._subscriptions: dict[Subscription, None] = {}
        self._holders = 0
        self._requests = ReadRequests()
        self._stirred = asyncio.Event()
        self._turning = asyncio.Lock()
        self._dismissed = False
        self._due = self._stale = True
        self.was_read = False
        """Whether its history was read, once at least."""

        self._told: dict[str, ServiceError] = {}
        self._over: ServiceError | None = None
        self._next_at = self._first_by = self._read_at = clock.monotonic()
        self._waiter: Waiter | None = None
        """Of the read that is under way or waits for its turn."""

        self._begun = False

    @property
    def feed(self) -> Feed | None:
        """What is known of the execution, None before it was read."""
        return self._following.feed

    @property
    def account(self) -> Account | None:
        return self._following.account

    @property
    def in_use(self) -> bool:
        return bool(self._subscriptions) or self._holders > 0

    @property
    def subscribers(self) -> int:
        return len(self._subscriptions)

    @property
    def machine_arn(self) -> str | None:
        """The unqualified one, None before it is known where the execution is."""
        return self._following.machine_arn

    @property
    def reading(self) -> bool:
        """Whether a read is under way."""
        return self._turning.locked()

    @property
    def fresh_enough(self) -> bool:
        """Whether the feed was read a moment ago and nothing is known to have changed since."""
        if self._stale or not self.was_read or self._lag.hides(self.known()):
            return False
        return self._clock.monotonic() - self._read_at < FRESH_S

    def known_behind(self, cursor: Cursor | None) -> bool:
        """Whether nothing was read yet, or less than whoever holds this cursor has seen."""
        return not self.was_read or self.known().behind(cursor)

    @property
    def changing(self) -> bool:
        """Whether it changed lately, and so may again."""
        return self._rhythm.urgency(self.feed) <= Urgency.CHANGING

    def join(self, subscription: Subscription, *, first_by: float | None = None) -> None:
        """Register first; the snapshot is drawn later, so no change falls between. `first_by` is
        when the first snapshot is wanted by, as far as this subscriber is concerned."""
        lingering = not self.in_use
        self._subscriptions[subscription] = None
        self._came()
        if first_by is not None:
            self._first_by = first_by if lingering else min(first_by, self._first_by)
        if subscription.after is not None:
            self._lag.came(subscription, self.feed)
        if lingering or subscription.behind:
            self.nudge()
        if self._told:
            subscription.notify(next(reversed(self._told.values())))
        subscription.wake()

    def leave(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)
        self._lag.went(subscription)
        self._left()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the watcher running without subscribing."""
        self._holders += 1
        self._came()
        try:
            yield
        finally:
            self._holders -= 1
            self._left()

    def nudge(self) -> None:
        """Read again now."""
        self._due = self._stale = True
        self._stirred.set()

    def expect(self, cursor: Cursor) -> None:
        """This process changed the execution: what AWS shows before this cursor is older, and for a
        while nobody new is shown that."""
        self._lag.expect(cursor)
        if self.feed is None or self.feed.behind(cursor):
            self.nudge()

    def vouch(self, cursor: Cursor) -> None:
        """There is such an execution, as far as a cursor says: wait for AWS to show it."""
        self._lag.vouch(cursor)

    @property
    def hidden(self) -> bool:
        """Whether what is known is older than what this process did."""
        return self.feed is None or self._lag.hides(self.feed)

    async def fresh(self, *, by: float | None = None) -> Feed:
        """The feed after a read that began no earlier than this call. Callers share the read, which
        goes before those that nobody waits for, and of requests' those first that are due first:
        `by`, or now.

        Raises what the read raises, and why the watcher ended where it has."""
        if self._over is not None:
            raise self._over
        by = self._clock.monotonic() if by is None else by
        answered = self._requests.ask(by)
        if self._waiter is None or self._begun:
            self.nudge()
        if self._waiter is not None:
            self._reads.hasten(self._waiter, Urgency.REQUEST, by)
        try:
            return await answered
        finally:
            self._requests.leave(answered)

    def known(self) -> Feed:
        """The feed, once `fresh` has returned."""
        if self.feed is None:
            raise Unavailable("The execution hasn't been read yet.")
        return self.feed

    def token(self, task: PendingTask) -> str | None:
        """The raw token of a pending task: for AWS, and for nobody else."""
        return self._following.token(task)

    def clean_text(self, text: str) -> str:
        """A text as it would stand in this history, tokens redacted."""
        return self._following.clean_text(text)

    async def events(self, after: int, *, limit: int) -> list[HistoryEvent]:
        """Events after this id, redacted, at most `limit`: from memory, or read again from AWS
        where they are no longer kept."""
        self.known()
        return await self._following.events(after, limit=limit)

    def show_end(self, end: EarlyEnd | None, *, epoch: int | None = None) -> None:
        """A list of executions shows that it has ended, or, None, that it runs: tell that, and read
        how before other changes. With its `epoch` that is told before anything was read, too: of
        its states and tasks nothing is known then, and the cursor is the one before all events."""
        if end is not None and epoch is not None:
            self._following.begin(epoch)
        feed = self.feed
        if feed is None or (end is None and not feed.ended and feed.early_end is None):
            return
        if end is None and feed.ended:
            self.nudge()  # redriven
        elif feed.show_end(end):
            self._wake()
            self.nudge()
            if self._waiter is not None:
                self._reads.hasten(self._waiter, Urgency.ENDED, self._clock.monotonic())

    async def run(self) -> None:
        """Read and wait until nobody has been here for the linger time.

        Raises ServiceError where there is nothing to watch; every other failure is told to the
        subscribers and tried again."""
        while await self._wanted():
            wait_s = self._next_at - self._clock.monotonic()
            if self._due or wait_s <= 0:
                async with self._turning:
                    await self._turn()
                self._after_turn()
                self._next_at = self._clock.monotonic() + self._delay_s()
            else:
                self._stirred.clear()
                await self._clock.wait(self._stirred, wait_s)

    def dismiss(self) -> None:
        """Don't linger: others need the room."""
        self._dismissed = True
        self._stirred.set()

    async def rest(self) -> None:
        """Until the read that is under way, if there is one, has ended."""
        async with self._turning:
            return

    def end(self, error: ServiceError) -> None:
        """Tell everybody that there is nothing to watch."""
        for subscription in tuple(self._subscriptions):
            subscription.fail(error)
        self._over = error
        self._requests.refuse(error)

    def abandon(self) -> None:
        """The process is shutting down, or nobody was here any more: let go of who waits."""
        self._over = self._over or Draining("This replica is shutting down.")
        self._requests.refuse(self._over)
        self._crowd.discard(self)
        self._following.forget()

    def _came(self) -> None:
        """Somebody came: what was to be read for nobody goes on."""
        self._crowd.add(self)
        if self._waiter is not None:
            self._waiter.wanted = True

    def _left(self) -> None:
        """Somebody left: what nobody uses reads nothing."""
        self._stirred.set()
        if self.in_use:
            return
        self._crowd.discard(self)
        if self._waiter is not None:
            self._reads.withdraw(self._waiter)

    async def _wanted(self) -> bool:
        """Whether anybody is here, or comes within the linger time."""
        left_at = self._clock.monotonic()
        while not self.in_use:
            wait_s = left_at + self._limits.linger_s - self._clock.monotonic()
            if wait_s <= 0 or self._dismissed:
                return False
            self._stirred.clear()
            await self._clock.wait(self._stirred, wait_s)
        return True

    async def _turn(self) -> None:
        """One read, and the answer for those who waited when it began; others wait for the next,
        or for `end` or `abandon`."""
        first, position = not self.was_read, self.feed.position if self.feed is not None else 0
        begun_at = self._clock.monotonic()

        def began() -> None:
            nonlocal begun_at
            begun_at = self._clock.monotonic()
            self._begun, self._due = True, False
            self._requests.begin()

        self._waiter, self._begun = self._next_waiter(), False
        try:
            await self._following.read(self._waiter, began)
        except TurnWithdrawn:
            self._due = True
        except ServiceError as error:
            if not self._begun:
                began()  # and failed at once
            self._failed(error)
        else:
            self._rhythm.failures = 0
            self._told.clear()
            feed = self.known()
            if not first and feed.position > position:
                self._lag_seen(self._clock.monotonic() - self._read_at)
            self._read_at, self._stale, self.was_read = begun_at, self._due, True
            self._requests.answer(feed)
            if first:
                self._promise(feed)
                self._wake()
        finally:
            self._waiter = None
            self._requests.end()

    def _failed(self, error: ServiceError) -> None:
        """Raises the error where it says that there is nothing to watch."""
        self._rhythm.failures += 1
        if self._unseen(error):
            return
        if isinstance(error, ExecutionNotFound) and self.feed is None and self._lag.young:
            error = Unavailable(BEHIND, retry_after_s=1.0)
        self._requests.answer(error)
        if self.feed is None and not error.retryable and error.status < 500:
            raise error
        self._tell(error)

    def _next_waiter(self) -> Waiter:
        now = self._clock.monotonic()
        if (due_at := self._requests.due_at) is not None:
            return Waiter(Urgency.REQUEST, due_at)
        by = self._first_by if self.feed is None else min(now, self._next_at)
        return Waiter(self._rhythm.urgency(self.feed), by)

    def _unseen(self, error: ServiceError) -> bool:
        """Whether this may be only AWS not showing yet what there is."""
        if not isinstance(error, ExecutionNotFound | NoEventsYet) or self.feed is not None:
            return False
        if self._lag.vouched_for or self._source.just_started(self.id):
            return True
        return self._rhythm.looks_left

    def _after_turn(self) -> None:
        """Tell what is promised now, and fail who came with a cursor that AWS's reads haven't
        reached for too long."""
        if self.feed is None:
            return
        if self._promise(self.feed):
            self._wake()
        for subscription in self._lag.given_up():
            subscription.fail(Unavailable(BEHIND, retry_after_s=1.0))

    def _promise(self, feed: Feed) -> bool:
        return self._limits.promises and feed.promise(self._rhythm.promise_s(feed))

    def _tell(self, error: ServiceError) -> None:
        """Once a streak and kind: a thousand failed reads are one piece of news."""
        if error.code in self._told:
            return
        self._told[error.code] = error
        for subscription in tuple(self._subscriptions):
            subscription.notify(error)

    def _delay_s(self) -> float:
        found = self.feed is not None or bool(self._told)
        begun = self.feed is None and self._source.just_started(self.id)
        awaited = begun or self._lag.awaited(self.feed)
        return self._rhythm.delay_s(self.feed, found=found, awaited=awaited)

    def _wake(self) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.wake()


BEHIND = "AWS's reads don't show yet what this cursor has seen. Try again in a moment."
