"""Reads for watchers: locates an execution, and follows its history into a feed."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from service.core.errors import Unavailable, UnsupportedByType
from service.core.history.facts import PendingTask
from service.core.models import Account, ExecutionId, HistoryEvent, to_ms
from service.core.ports import Executions, Histories, RecentStarts, StateMachines
from service.core.read_queue import Waiter
from service.usecases.catalogue import Catalogue
from service.usecases.recent_starts import LAG_S

from .definition_cache import Definitions, machine_arn_of
from .event_log import EventLog, LogMemory
from .feed import Feed
from .history_reader import HistoryReader
from .live_limits import LiveLimits
from .read_budget import ReadBudget
from .read_schedule import Rhythm
from .token_redaction import TokenRedaction

PAGE_BYTES = 4 * 1024 * 1024
"""How much of a history one answer holds at most, roughly."""

EXPRESS_HAS_NO_HISTORY = "AWS keeps no history of Express executions: nothing of them can be read."


class NoEventsYet(Unavailable):
    """There is such an execution, and not even its first event can be read."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where an execution's history is, if there is such an execution."""

    id: ExecutionId
    arn: str
    account: Account

    @property
    def machine_arn(self) -> str:
        """The unqualified one, also of a Map Run's children."""
        return machine_arn_of(self.arn, self.id)


@dataclass(slots=True, repr=False)
class ExecutionSource:
    """The ports that the watchers of one hub share."""

    catalogue: Catalogue
    executions: Executions
    histories: Histories
    machines: StateMachines
    budget: ReadBudget
    recent: RecentStarts
    _definitions: Definitions = field(init=False)

    def __post_init__(self) -> None:
        self._definitions = Definitions(self.machines, self.budget)

    async def locate(self, id: ExecutionId) -> Located:
        """Where its history would be: whether there is one shows when it is read. Raises
        UnsupportedByType for an Express execution."""
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        account = await self.catalogue.account()
        return Located(id, account.execution_arn(id), account)

    async def started_at(self, id: ExecutionId) -> datetime | None:
        """AWS's start date, None where it wasn't started here lately."""
        start = await self.recent.find(id)
        return start.started_at if start is not None else None

    async def just_started(self, id: ExecutionId) -> bool:
        """True if it was started here so recently that AWS may not show it yet."""
        start = await self.recent.find(id)
        return start is not None and start.age_s < LAG_S

    def reader(self, located: Located) -> HistoryReader:
        return HistoryReader(self.budget.histories, self.histories, located.arn)

    def redaction(self, located: Located) -> TokenRedaction:
        return TokenRedaction(self._definitions, located.id, located.arn)


@dataclass(slots=True, repr=False)
class FollowedHistory:
    """One execution's, without its task tokens. `feed` is None until it was read whole for the
    first time; `changed` is called with each change that it tells after that."""

    id: ExecutionId
    source: ExecutionSource
    limits: LiveLimits
    memory: LogMemory
    rhythm: Rhythm
    changed: Callable[[], None]
    feed: Feed | None = field(init=False, default=None)
    _located: Located | None = field(init=False, default=None)
    _reader: HistoryReader | None = field(init=False, default=None)
    _redaction: TokenRedaction | None = field(init=False, default=None)

    @property
    def account(self) -> Account | None:
        return self._located.account if self._located else None

    @property
    def machine_arn(self) -> str | None:
        return self._located.machine_arn if self._located else None

    def token(self, task: PendingTask) -> str | None:
        return self._redaction.token(task) if self._redaction else None

    def clean_text(self, text: str) -> str:
        return self._redaction.text(text) if self._redaction else text

    async def read(self, waiter: Waiter, began: Callable[[], None]) -> None:
        """Read what is new, each page when `waiter` has its turn; `began` is called when the first
        is about to be asked for. Raises what reading raises, and NoEventsYet."""
        located = self._located
        if located is None:
            located = self._located = await self.source.locate(self.id)
        if self._reader is None or self._redaction is None:
            self._reader = self.source.reader(located)
            self._redaction = self.source.redaction(located)
        feed = self.feed
        if feed is None and (started_at := await self.source.started_at(self.id)) is not None:
            feed = self.feed or self._new_feed(to_ms(started_at))
        known = feed.position if feed is not None else 0
        try:
            async with aclosing(self._reader.new_events(known, waiter, began)) as runs:
                async for events in runs:
                    cleaned = await self._redaction.clean(events)
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
                self.memory.forget(feed.log)

    def begin(self, epoch: int) -> None:
        """A feed before anything was read; nothing where there is one."""
        if self.feed is None:
            self.feed = self._new_feed(epoch)

    async def events(self, after: int, *, limit: int) -> list[HistoryEvent]:
        """Events after this id, redacted, at most `limit`: from memory, or read again from AWS
        where they are no longer kept. Raises Unavailable before there is a feed."""
        feed, located = self.feed, self._located
        if feed is None or located is None:
            raise Unavailable("The execution hasn't been read yet.")
        if feed.log.covers(after):
            return feed.log.after(after, limit=limit, max_bytes=PAGE_BYTES)
        found: list[HistoryEvent] = []
        redaction = self.source.redaction(located)
        async with aclosing(self.source.reader(located).new_events(0)) as runs:
            async for run in runs:
                found += [event for event in await redaction.clean(run) if event.id > after]
                if len(found) >= limit:
                    break
        return found[:limit]

    def forget(self) -> None:
        """It is followed no longer."""
        if self.feed is not None:
            self.memory.forget(self.feed.log)

    def _new_feed(self, epoch: int) -> Feed:
        log = EventLog(self.limits.log_bytes, self.memory)
        return Feed(self.id, epoch, log=log, addresses=self.limits.addresses)

    def _fold(self, feed: Feed, events: list[HistoryEvent]) -> None:
        change = feed.fold(events)
        if change.tasks and self._redaction is not None:
            self._redaction.keep({task.event_id for task in feed.projection.tasks})
        if not change.events:
            return
        if feed is self.feed and change.events[0].id > 1:
            self.rhythm.changed()
        elif self._reader is not None:
            self.rhythm.first_seen(change.events, answered_at=self._reader.answered_at)
        if feed is self.feed:
            self.changed()
