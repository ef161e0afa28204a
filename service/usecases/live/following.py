"""Follows one history into a feed: where it is, what is new there, and that without its tokens."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from service.core.addresses import PATHS, Addresses
from service.core.errors import Unavailable
from service.core.models import Account, ExecutionId, HistoryEvent, to_ms
from service.core.projection.facts import PendingTask
from service.core.read_queue import Waiter

from .event_log import EventLog, LogMemory
from .feed import Feed
from .reader import HistoryReader
from .rhythm import Rhythm
from .source import Located, Source
from .token_redaction import TokenRedaction

PAGE_BYTES = 4 * 1024 * 1024
"""How much of a history one answer holds at most, roughly."""


class NoEventsYet(Unavailable):
    """There is such an execution, and not even its first event can be read."""


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """How feeds are made: `log_bytes` is what one keeps of its events at most, within the `memory`
    of all."""

    log_bytes: int
    memory: LogMemory
    addresses: Addresses = PATHS


class Following:
    """Of one execution. `feed` is None until the history was read whole for the first time;
    `changed` is called with each change that it tells after that."""

    def __init__(
        self,
        id: ExecutionId,
        source: Source,
        *,
        limits: FeedLimits,
        rhythm: Rhythm,
        changed: Callable[[], None],
    ) -> None:
        self.id = id
        self.feed: Feed | None = None
        self._source = source
        self._limits = limits
        self._rhythm = rhythm
        self._changed = changed
        self._located: Located | None = None
        self._reader: HistoryReader | None = None
        self._cleaner: TokenRedaction | None = None

    @property
    def account(self) -> Account | None:
        return self._located.account if self._located is not None else None

    @property
    def machine_arn(self) -> str | None:
        """The unqualified one, None before it is known where the execution is."""
        return self._located.machine_arn if self._located is not None else None

    def token(self, task: PendingTask) -> str | None:
        """The raw token of a pending task: for AWS, and for nobody else."""
        return self._cleaner.token(task) if self._cleaner else None

    def clean_text(self, text: str) -> str:
        """A text as it would stand in this history, tokens redacted."""
        return self._cleaner.text(text) if self._cleaner else text

    async def read(self, waiter: Waiter, began: Callable[[], None]) -> None:
        """Read what is new, each page when `waiter` has its turn; `began` is called when the first
        is about to be asked for. Raises what reading raises, and NoEventsYet."""
        located = self._located
        if located is None:
            located = self._located = await self._source.locate(self.id)
        if self._reader is None or self._cleaner is None:
            self._reader = self._source.reader(located)
            self._cleaner = self._source.cleaner(located)
        feed = self.feed or self._started_here()
        known = feed.position if feed is not None else 0
        try:
            async with aclosing(self._reader.new_events(known, waiter, began)) as runs:
                async for events in runs:
                    cleaned = await self._cleaner.clean(events)
                    if feed is None and cleaned:
                        feed = self._new_feed(to_ms(cleaned[0].at))
                    if feed is not None:
                        self._fold(feed, cleaned)
                    del events, cleaned  # the next page may be long in coming
            if feed is None:
                raise NoEventsYet("AWS shows no event of this execution yet.", retry_after_s=1.0)
            self.feed = feed
        finally:
            if feed is not None and feed is not self.feed:  # begun in vain
                self._limits.memory.forget(feed.log)

    def begin(self, epoch: int) -> None:
        """A feed before anything was read; nothing where there is one."""
        if self.feed is None:
            self.feed = self._new_feed(epoch)

    async def events(self, after: int, *, limit: int) -> list[HistoryEvent]:
        """Events after this id, redacted, at most `limit`: from memory, or read again from AWS
        where they are no longer kept. Only once there is a feed."""
        feed, located = self.feed, self._located
        assert feed is not None and located is not None  # noqa: S101, PT018 - says the contract
        if feed.log.covers(after):
            return feed.log.after(after, limit=limit, max_bytes=PAGE_BYTES)
        found: list[HistoryEvent] = []
        cleaner = self._source.cleaner(located)
        async with aclosing(self._source.reader(located).new_events(0)) as runs:
            async for run in runs:
                found += [event for event in await cleaner.clean(run) if event.id > after]
                if len(found) >= limit:
                    break
        return found[:limit]

    def forget(self) -> None:
        """It is followed no longer."""
        if self.feed is not None:
            self._limits.memory.forget(self.feed.log)

    def _started_here(self) -> Feed | None:
        """A feed before the first event can be read, of what this process started."""
        started_at = self._source.started_at(self.id)
        return self._new_feed(to_ms(started_at)) if started_at is not None else None

    def _new_feed(self, epoch: int) -> Feed:
        limits = self._limits
        log = EventLog(limits.log_bytes, limits.memory)
        return Feed(self.id, epoch, log=log, addresses=limits.addresses)

    def _fold(self, feed: Feed, events: list[HistoryEvent]) -> None:
        change = feed.fold(events)
        if change.tasks and self._cleaner is not None:
            self._cleaner.keep({task.event_id for task in feed.projection.tasks})
        if not change.events:
            return
        if feed is self.feed and change.events[0].id > 1:
            self._rhythm.changed()
        elif self._reader is not None:
            self._rhythm.first_seen(change.events, answered_at=self._reader.answered_at)
        if feed is self.feed:
            self._changed()
