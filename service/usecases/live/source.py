"""Reads for watchers: locates an execution, and follows its history into a feed."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from service.core.errors import Unavailable, UnsupportedByType
from service.core.history.facts import PendingTask
from service.core.models import Account, ExecutionId, HistoryEvent, to_ms
from service.core.ports import Executions, Histories, RecentStarts
from service.core.read_queue import Waiter
from service.usecases.catalogue import Catalogue

from .definition_cache import Definitions, machine_arn_of
from .event_log import EventLog
from .feed import Feed
from .history_reader import HistoryReader
from .read_budget import ReadBudget
from .read_schedule import LAG_S, HubContext, Rhythm
from .token_redaction import TokenRedaction

PAGE_BYTES = 4 * 1024 * 1024  # how much of a history one answer holds at most, roughly
EXPRESS_HAS_NO_HISTORY = "AWS keeps no history of Express executions: nothing of them can be read."


class NoEventsYet(Unavailable):
    """There is such an execution, and not even its first event can be read."""


@dataclass(frozen=True, slots=True, repr=False)
class Located:
    """Where an execution's history is, if there is one, and its readers. `machine_arn` is
    unqualified."""

    account: Account
    machine_arn: str
    reader: HistoryReader
    redaction: TokenRedaction


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionSource:
    """The ports that the watchers of one hub share."""

    catalogue: Catalogue
    executions: Executions
    histories: Histories
    definitions: Definitions
    budget: ReadBudget
    recent: RecentStarts

    async def locate(self, id: ExecutionId) -> Located:
        """Where its history would be. Raises UnsupportedByType for an Express execution."""
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        account = await self.catalogue.account()
        arn = account.execution_arn(id)
        reader = HistoryReader(self.budget.histories, self.histories, arn)
        return Located(account, machine_arn_of(arn), reader, TokenRedaction(self.definitions, arn))

    async def just_started(self, id: ExecutionId) -> bool:
        """True if it was started here so recently that AWS may not show it yet."""
        start = await self.recent.find(id)
        return start is not None and start.age_s < LAG_S


@dataclass(slots=True, repr=False)
class FollowedHistory:
    """One execution's, without task tokens. `feed` is None until it was read whole once; `changed`
    is called with each change after that."""

    id: ExecutionId
    source: ExecutionSource
    context: HubContext
    rhythm: Rhythm
    changed: Callable[[], None]
    feed: Feed | None = field(init=False, default=None)
    located: Located | None = field(init=False, default=None)

    def token(self, task: PendingTask) -> str | None:
        return self.located.redaction.token(task) if self.located else None

    def clean_text(self, text: str) -> str:
        return self.located.redaction.text(text) if self.located else text

    async def read(self, waiter: Waiter, began: Callable[[], None]) -> None:
        """Read what is new, each page when `waiter` has its turn; `began` is called before the
        first. Raises what reading raises, and NoEventsYet."""
        located = self.located = self.located or await self.source.locate(self.id)
        feed = self.feed
        if feed is None and (start := await self.source.recent.find(self.id)) is not None:
            feed = self.feed or self._new_feed(to_ms(start.started_at))
        known = feed.position if feed is not None else 0
        try:
            async with aclosing(located.reader.new_events(known, waiter, began)) as runs:
                async for events in runs:
                    cleaned = await located.redaction.clean(events)
                    if feed is None and cleaned:
                        feed = self._new_feed(to_ms(cleaned[0].at))
                    if feed is not None:
                        self._fold(located, feed, cleaned)
                    del events, cleaned  # the next page may be long in coming
            if feed is None:
                raise NoEventsYet("AWS shows no event of this execution yet.", retry_after_s=1.0)
            self.feed = feed
        finally:
            if feed is not None and feed is not self.feed:  # begun in vain
                self.context.memory.forget(feed.log)

    def begin(self, epoch: int) -> None:
        """A feed before anything was read; nothing where there is one."""
        if self.feed is None:
            self.feed = self._new_feed(epoch)

    async def events(self, after: int, *, limit: int) -> list[HistoryEvent]:
        """At most `limit` events after this id, redacted: from memory, or read again. Raises
        Unavailable before there is a feed."""
        feed, located = self.feed, self.located
        if feed is None or located is None:
            raise Unavailable("The execution hasn't been read yet.")
        if feed.log.covers(after):
            return feed.log.after(after, limit=limit, max_bytes=PAGE_BYTES)
        found: list[HistoryEvent] = []
        reader, redaction = replace(located.reader), replace(located.redaction)  # from the start
        async with aclosing(reader.new_events(0)) as runs:
            async for run in runs:
                found += [event for event in await redaction.clean(run) if event.id > after]
                if len(found) >= limit:
                    break
        return found[:limit]

    def forget(self) -> None:
        """It is followed no longer."""
        if self.feed is not None:
            self.context.memory.forget(self.feed.log)

    def _new_feed(self, epoch: int) -> Feed:
        limits = self.context.limits
        log = EventLog(limits.log_bytes, self.context.memory)
        return Feed(self.id, epoch, log=log, addresses=limits.addresses)

    def _fold(self, located: Located, feed: Feed, events: list[HistoryEvent]) -> None:
        change = feed.fold(events)
        if change.tasks:
            located.redaction.keep({task.event_id for task in feed.projection.tasks})
        if not change.events:
            return
        if feed is self.feed and change.events[0].id > 1:
            self.rhythm.changed()
        else:
            self.rhythm.first_seen(change.events, answered_at=located.reader.answered_at)
        if feed is self.feed:
            self.changed()
