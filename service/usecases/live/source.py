"""Reads for watchers: locates an execution, and follows its history, without task tokens, into a
feed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import inf
from sys import maxsize

from handrail.core.definition.definition import Definition
from handrail.core.errors import Unavailable, UnsupportedByType
from handrail.core.history.facts import PendingTask
from handrail.core.models import Account, ExecutionId, HistoryEvent, to_ms
from handrail.core.ports import Executions, Histories, RecentStarts
from handrail.core.protocol.document_shapes import ItemsDocument
from handrail.core.read_queue import Urgency, Waiter
from handrail.core.task_tokens.redaction import Redactor
from handrail.core.task_tokens.shapes import needs_definition
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.lag import not_shown

from .definition_cache import Definitions, machine_arn_of
from .event_log import EventLog
from .feed import Feed
from .history_reader import HistoryReader
from .map_run_counts import MapRunCounts, MapRunEnds
from .read_budget import ReadBudget
from .read_schedule import HubContext, Rhythm

TokensByState = Mapping[str | None, tuple[str, ...]]
SLICE = 256 * 1024  # characters cleaned in one go: AWS's longest payload, some milliseconds
EVENTS_AT_ONCE = 100  # folded in one go, a few milliseconds
PAGE_BYTES = 4 * 1024 * 1024  # how much of a history one answer holds at most, roughly
EXPRESS_HAS_NO_HISTORY = "AWS keeps no history of Express executions: nothing of them can be read."


@dataclass(slots=True, repr=False)
class TokenRedaction:
    """Of one execution. Its definition is asked for when a task is scheduled that waits for a
    callback; where AWS won't say it, the redactor goes by the shape of tokens."""

    definitions: Definitions
    arn: str
    _started: tuple[datetime, str | None] | None = field(init=False, default=None)
    _redactor: Redactor = field(init=False, default_factory=Redactor)
    _tokens: dict[int, TokensByState] = field(init=False, default_factory=dict)
    _definition: Definition | None = field(init=False, default=None)
    _asked: bool = field(init=False, default=False)

    async def clean(self, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
        """The same events, redacted; others run after each SLICE. Raises Unavailable where the
        definition can't be read now."""
        cleaned, read = [], 0
        for event in events:
            if event.id == 1:
                version = event.details.get("stateMachineVersionArn")
                self._started = event.at, str(version) if version else None
            if needs_definition(event):
                await self._learn(event)
            cleaned.append(self._redactor.event(event))
            read += sum(len(text) for text in event.details.values() if isinstance(text, str))
            if read >= SLICE:
                await asyncio.sleep(0)
                read = 0
        return cleaned

    async def _learn(self, event: HistoryEvent) -> None:
        # Slow to import, and often never needed.
        from handrail.core.task_tokens.finding import learned, tokens_by_state  # noqa: PLC0415

        definition = await self.definition()
        found = tokens_by_state(event, definition)
        self._redactor.learn(learned(event, found, definition))
        self._tokens[event.id] = found

    async def definition(self) -> Definition | None:
        """What the execution runs; None where AWS won't say, or before the first event was read.
        Raises Unavailable."""
        if not self._asked and self._started is not None:
            self._definition = await self.definitions.of(self.arn, *self._started)
            self._asked = True
        return self._definition

    def text(self, text: str) -> str:
        """A text as it would stand in the history, tokens redacted."""
        return self._redactor.text(text)

    def token(self, task: PendingTask) -> str | None:
        """The raw token of a pending task, for AWS alone; None where the history lacks a part. Its
        looks are only believed where there is no definition: it may be another task's."""
        found = self._tokens.get(task.event_id, {})
        tokens = found.get(task.state if self._definition else None, ())
        return tokens[0] if len(tokens) == 1 else None

    def keep(self, pending: Container[int]) -> None:
        """Forget the tokens of tasks that no longer wait. What is redacted stays redacted."""
        self._tokens = {id: found for id, found in self._tokens.items() if id in pending}


@dataclass(frozen=True, slots=True, repr=False)
class Located:
    """Where an execution's history is, if there is one, and its readers. `machine_arn` is
    unqualified."""

    account: Account
    machine_arn: str
    reader: HistoryReader
    redaction: TokenRedaction
    map_run_ends: MapRunEnds = field(default_factory=MapRunEnds)


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionSource:
    """The ports that the watchers of one hub share."""

    catalogue: Catalogue
    executions: Executions
    histories: Histories
    definitions: Definitions
    budget: ReadBudget
    recent: RecentStarts
    map_runs: MapRunCounts

    async def locate(self, id: ExecutionId) -> Located:
        """Where its history would be. Raises UnsupportedByType for an Express execution."""
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        account = await self.catalogue.account()
        arn = account.execution_arn(id)
        reader = HistoryReader(self.budget.histories, self.histories, arn)
        return Located(account, machine_arn_of(arn), reader, TokenRedaction(self.definitions, arn))

    async def started_s_ago(self, id: ExecutionId) -> float:
        """How long ago this service started it, as far as it remembers."""
        start = await self.recent.find(id)
        return start.age_s if start is not None else inf


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

    async def definition(self) -> Definition | None:
        """As `TokenRedaction.definition`."""
        return await self.located.redaction.definition() if self.located else None

    async def read(self, waiter: Waiter, began: Callable[[], None]) -> None:
        """Read what is new, each page when `waiter` has its turn; `began` is called before the
        first. Raises what reading raises, and NotShownYet where not even its first
        event can be read."""
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
                        past = self.feed is None
                        ended = located.map_run_ends.among(cleaned, past=past)
                        counted = await self.source.map_runs.of_ended(ended)
                        self._fold(located, feed, cleaned, counted)
                    del events, cleaned  # the next page may be long in coming
            if feed is None:
                raise not_shown()
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
        async with aclosing(self._again(located)) as runs:
            async for run in runs:
                found += [event for event in run if event.id > after]
                if len(found) >= limit:
                    break
        return found[:limit]

    async def whole(self, due_at: Callable[[], float]) -> AsyncGenerator[Sequence[HistoryEvent]]:
        """All events known now, redacted, from the first on, few enough at once to be folded in one
        go: the caller lets others run between. What memory no longer holds is read again, a call
        for every thousand events, each after the first due at `due_at()`. Raises what reading
        raises, and Unavailable."""
        feed, located = self.feed, self.located
        if feed is None or located is None:
            raise Unavailable("The execution hasn't been read yet.")
        known, last = feed.position, 0
        if feed.log.covers(0):
            for events in _parted(feed.log.after(0, limit=known, max_bytes=maxsize)):
                yield events
            return
        async with aclosing(self._again(located, due_at)) as runs:
            async for run in runs:
                for events in _parted(run):
                    yield events
                last = run[-1].id if run else last
                del run
        if last < known:
            raise Unavailable("AWS's reads are behind what they showed before.", retry_after_s=1.0)

    async def _again(
        self, located: Located, due_at: Callable[[], float] | None = None
    ) -> AsyncGenerator[list[HistoryEvent]]:
        reader, redaction = replace(located.reader), replace(located.redaction)  # from the start
        waiter = Waiter(Urgency.REQUEST, self.context.clock.monotonic())
        async with aclosing(reader.new_events(0, waiter)) as runs:
            async for run in runs:
                yield await redaction.clean(run)
                if due_at is not None:
                    waiter.deadline = due_at()

    def forget(self) -> None:
        if self.feed is not None:
            self.context.memory.forget(self.feed.log)

    def _new_feed(self, epoch: int) -> Feed:
        limits = self.context.limits
        log = EventLog(limits.log_bytes, self.context.memory)
        asking = partial(self.source.catalogue.question, self.id.machine)
        return Feed(self.id, epoch, log=log, addresses=limits.addresses, asking=asking)

    def _fold(
        self,
        located: Located,
        feed: Feed,
        events: list[HistoryEvent],
        counted: Mapping[int, ItemsDocument],
    ) -> None:
        change = feed.fold(events, counted)
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


def _parted(events: Sequence[HistoryEvent]) -> list[Sequence[HistoryEvent]]:
    return [events[at : at + EVENTS_AT_ONCE] for at in range(0, len(events), EVENTS_AT_ONCE)]
