"""One watcher: reads an execution's history forward and wakes whoever looks at it.

Every source of change only says "read again" (`nudge`); what it reads is the history.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

from service.core.addresses import PATHS, Addresses
from service.core.errors import Draining, ExecutionNotFound, ServiceError, Unavailable
from service.core.history import PendingTask
from service.core.models import Account, ExecutionId, HistoryEvent, to_ms
from service.core.pacing import Pace
from service.usecases.clock import Clock

from .feed import Feed
from .reader import HistoryReader
from .source import Located, Source
from .subscription import Subscription
from .token_redaction import TokenRedaction

PAGE_BYTES = 4 * 1024 * 1024
"""How much of a history one answer holds at most, roughly."""


@dataclass(frozen=True, slots=True)
class WatcherLimits:
    """How a watcher behaves; seconds and bytes."""

    pace: Pace
    linger_s: float
    log_bytes: int
    addresses: Addresses = PATHS


class Watcher:
    """Owned by the hub, which runs `run` in a task of its own for as long as it is in use."""

    def __init__(
        self,
        id: ExecutionId,
        source: Source,
        *,
        limits: WatcherLimits,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self.id = id
        self.feed: Feed | None = None
        self.account: Account | None = None
        self._source = source
        self._limits = limits
        self._clock = clock
        self._random = random
        self._subscriptions: dict[Subscription, None] = {}
        self._holders = 0
        self._waiting: list[asyncio.Future[Feed]] = []
        self._stirred = asyncio.Event()
        self._turning = asyncio.Lock()
        self._dismissed = False
        self._due = True
        self._next_at = clock.monotonic()
        self._failures = 0
        self._told: dict[str, ServiceError] = {}
        self._changed_at = clock.monotonic()
        self._located: Located | None = None
        self._reader: HistoryReader | None = None
        self._cleaner: TokenRedaction | None = None
        self._over: ServiceError | None = None

    @property
    def in_use(self) -> bool:
        return bool(self._subscriptions) or self._holders > 0

    @property
    def reading(self) -> bool:
        """Whether a read is under way."""
        return self._turning.locked()

    def join(self, subscription: Subscription) -> None:
        """Register first; the snapshot is drawn later, so no change falls between."""
        lingering = not self.in_use
        self._subscriptions[subscription] = None
        if lingering:
            self.nudge()
        if self._told:
            subscription.notify(next(reversed(self._told.values())))
        subscription.wake()

    def leave(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)
        self._stirred.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the watcher running without subscribing."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            self._stirred.set()

    def nudge(self) -> None:
        """Read again now."""
        self._due = True
        self._stirred.set()

    async def fresh(self) -> Feed:
        """The feed after a read that began no earlier than this call. Callers share the read.

        Raises what the read raises, and why the watcher ended where it has."""
        if self._over is not None:
            raise self._over
        future: asyncio.Future[Feed] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.nudge()
        return await future

    def known(self) -> Feed:
        """The feed, once `fresh` has returned."""
        if self.feed is None:
            raise Unavailable("The execution hasn't been read yet.")
        return self.feed

    def token(self, task: PendingTask) -> str | None:
        """The raw token of a pending task: for AWS, and for nobody else."""
        return self._cleaner.token(task) if self._cleaner else None

    def clean_text(self, text: str) -> str:
        """A text as it would stand in this history, tokens redacted."""
        return self._cleaner.text(text) if self._cleaner else text

    async def events(self, after: int, *, limit: int) -> list[HistoryEvent]:
        """Events after this id, redacted, at most `limit`: from memory, or read again from AWS
        where they are no longer kept."""
        feed = self.known()
        if feed.log.covers(after) or self._located is None:
            return feed.log.after(after, limit=limit, max_bytes=PAGE_BYTES)
        found: list[HistoryEvent] = []
        cleaner = self._source.cleaner(self._located)
        async with aclosing(self._source.reader(self._located).new_events(0)) as runs:
            async for run in runs:
                found += [event for event in await cleaner.clean(run) if event.id > after]
                if len(found) >= limit:
                    break
        return found[:limit]

    async def run(self) -> None:
        """Read and wait until nobody has been here for the linger time.

        Raises ServiceError where there is nothing to watch; every other failure is told to the
        subscribers and tried again."""
        while await self._wanted():
            wait_s = self._next_at - self._clock.monotonic()
            if self._due or wait_s <= 0:
                async with self._turning:
                    await self._turn()
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
        answer(self._waiting, error)

    def abandon(self) -> None:
        """The process is shutting down: let go of who waits."""
        self._over = self._over or Draining("This replica is shutting down.")
        answer(self._waiting, self._over)

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
        self._due = False
        waiting, self._waiting = self._waiting, []
        try:
            await self._read()
        except ServiceError as error:
            self._failures += 1
            if self._starting(error):
                self._waiting = waiting + self._waiting
                return
            answer(waiting, error)
            if self.feed is None and not error.retryable and error.status < 500:
                raise
            self._tell(error)
        except BaseException:
            self._waiting = waiting + self._waiting  # for `end` or `abandon` to answer
            raise
        else:
            self._failures = 0
            self._told.clear()
            answer(waiting, self.feed)

    async def _read(self) -> None:
        if self._located is None:
            self._located = await self._source.locate(self.id)
        located = self._located
        if self._reader is None or self._cleaner is None:
            self._reader = self._source.reader(located)
            self._cleaner = self._source.cleaner(located)
        feed = self.feed or Feed(
            self.id,
            to_ms(located.started_at),
            log_bytes=self._limits.log_bytes,
            addresses=self._limits.addresses,
        )
        async with aclosing(self._reader.new_events(feed.position)) as runs:
            async for events in runs:
                self._fold(feed, await self._cleaner.clean(events))
        if self.feed is None:
            self.account, self.feed = located.account, feed
            self._wake()

    def _fold(self, feed: Feed, events: list[HistoryEvent]) -> None:
        change = feed.fold(events)
        if change.tasks and self._cleaner is not None:
            self._cleaner.keep({task.event_id for task in feed.projection.tasks})
        if not (new := change.events):
            return
        self._changed_at = self._clock.monotonic()
        if self.feed is None:  # it may have been quiet for long: don't read it as if it had moved
            self._changed_at -= max(0.0, (self._clock.now() - new[-1].at).total_seconds())
        else:
            self._wake()

    def _starting(self, error: ServiceError) -> bool:
        """Whether this is only AWS not showing yet what was started a moment ago."""
        unseen = isinstance(error, ExecutionNotFound) and self.feed is None
        return unseen and self._source.just_started(self.id)

    def _tell(self, error: ServiceError) -> None:
        """Once a streak and kind: a thousand failed reads are one piece of news."""
        if error.code in self._told:
            return
        self._told[error.code] = error
        for subscription in tuple(self._subscriptions):
            subscription.notify(error)

    def _delay_s(self) -> float:
        pace, jitter = self._limits.pace, self._random()
        if self._failures:
            return pace.backoff_s(failures=self._failures, jitter=jitter)
        now = self._clock.now()
        started_at = self._located.started_at if self._located else now
        return pace.delay_s(
            age_s=max(0.0, (now - started_at).total_seconds()),
            idle_s=self._clock.monotonic() - self._changed_at,
            ended=self.feed is not None and self.feed.ended,
            jitter=jitter,
        )

    def _wake(self) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.wake()


def answer(waiting: list[asyncio.Future[Feed]], result: Feed | ServiceError | None) -> None:
    """Settle what is still waited for; who has gone away is passed over."""
    for future in waiting:
        if future.done():
            continue
        if isinstance(result, ServiceError):
            future.set_exception(result)
        elif result is not None:
            future.set_result(result)
