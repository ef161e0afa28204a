"""Follows one execution's history into a feed, without task tokens: by AWS's reads, and by events
that come otherwise (pushed, or read by another replica)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from sys import maxsize

from handrail.clock import within
from handrail.core.definition.definition import Definition
from handrail.core.errors import Unavailable
from handrail.core.forecast import Forecast
from handrail.core.history.facts import ExecutionFields, PendingTask
from handrail.core.models import Cursor, ExecutionId, HistoryEvent, to_ms
from handrail.core.protocol.document_shapes import ItemsDocument
from handrail.core.read_queue import Urgency, Waiter
from handrail.usecases.lag import not_shown

from .event_log import EventLog
from .feed import Feed
from .forecasts import FORESEEN_S
from .history_reader import contiguous
from .read_schedule import HubContext, Rhythm
from .source import ExecutionSource, Located

EVENTS_AT_ONCE = 100  # folded in one go, a few milliseconds
PAGE_BYTES = 4 * 1024 * 1024  # how much of a history one answer holds at most, roughly


@dataclass(slots=True, repr=False)
class FollowedHistory:
    """`feed` is None until the history was read whole once, or begun by its first event; `changed`
    is called with each change from then on. `counted` are the items of Map Runs, by the events that
    ended them."""

    id: ExecutionId
    source: ExecutionSource
    context: HubContext
    rhythm: Rhythm
    changed: Callable[[], None]
    feed: Feed | None = field(init=False, default=None)
    located: Located | None = field(init=False, default=None)
    counted: dict[int, ItemsDocument] = field(init=False, default_factory=dict)
    _first: Feed | None = field(init=False, default=None)  # while it is read for the first time
    _folding: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def token(self, task: PendingTask) -> str | None:
        return self.located.redaction.token(task) if self.located else None

    def clean_text(self, text: str) -> str:
        return self.located.redaction.text(text) if self.located else text

    @property
    def started_at(self) -> datetime:
        """The date of the first event. Raises Unavailable before that was read."""
        return self._fields.started_at

    @property
    def redrives(self) -> int:
        return self._fields.redrive_count

    @property
    def _fields(self) -> ExecutionFields:
        fields = self.feed.projection.execution if self.feed is not None else None
        if fields is None:
            raise Unavailable("The execution hasn't been read yet.")
        return fields

    async def definition(self) -> Definition | None:
        """As `TokenRedaction.definition`."""
        return await self.located.redaction.definition() if self.located else None

    async def locate(self) -> Located:
        """Raises as `ExecutionSource.locate`."""
        self.located = self.located or await self.source.locate(self.id)
        return self.located

    async def read(self, waiter: Waiter, began: Callable[[], None]) -> bool:
        """Read what is new, each page when `waiter` has its turn; `began` is called before the
        first. All of it is read where tokens are to be learned. True where it showed anything new.
        Raises what reading raises, and NotShownYet where not even its first event can be read."""
        located = await self.locate()
        feed = self.feed
        if feed is None and (start := await self.source.recent.find(self.id)) is not None:
            feed = self.feed or self._new_feed(to_ms(start.started_at))
        news = False
        known = last = self._known(located, feed)
        try:
            async with aclosing(located.reader.new_events(known, waiter, began)) as runs:
                async for events in runs:
                    async with self._folding:
                        if self._first is None:
                            feed = self.feed or feed  # it may have begun meanwhile
                        cleaned = await located.redaction.clean(events)
                        if feed is None and cleaned:
                            feed = self._new_feed(to_ms(cleaned[0].at))
                        if feed is not None:
                            self._first = feed if feed is not self.feed else None
                            news |= await self._fold(located, feed, cleaned)
                        last = cleaned[-1].id if cleaned else last
                    del events, cleaned  # the next page may be long in coming
            if feed is None:
                raise not_shown()
            if self.feed is None:
                await self._foresee(located, feed)
            self.feed = feed
            if not known and last >= located.redaction.blind:
                located.redaction.blind = 0
            return news
        finally:
            self._first = None
            if feed is not None and feed is not self.feed:  # begun in vain
                self.context.memory.forget(feed.log)

    async def _foresee(self, located: Located, feed: Feed) -> None:
        """The first snapshot says how far it is, if that is known in a moment."""
        forecasts, started = self.source.forecasts, located.redaction.started
        if forecasts is not None and started is not None and not feed.ended:
            with suppress(TimeoutError):
                async with within(self.context.clock, FORESEEN_S):
                    arn = located.account.execution_arn(self.id)
                    feed.progress.foresee(Forecast(await forecasts.paths(arn, *started)))

    async def began_at(self, epoch: int | None) -> bool:
        """False if what began then is another one: an emulator lets names be used again."""
        known = self.feed.epoch if self.feed is not None else None
        if known is None and (start := await self.source.recent.find(self.id)) is not None:
            known = to_ms(start.started_at)
        return known is None or epoch is None or Cursor(known, 0).belongs_to(epoch)

    @property
    def takes_raw(self) -> bool:
        """False while the first read goes on, and where tokens are to be learned before."""
        return self._first is None and not (self.located and self.located.redaction.blind)

    async def take(
        self,
        events: Iterable[HistoryEvent],
        *,
        raw: bool,
        lacking: Collection[int] = (),
        counted: Mapping[int, ItemsDocument] | None = None,
    ) -> bool:
        """Fold those of these events that come next, in whatever order and overlap they are; those
        behind a hole are left out. The first event begins a feed, where nothing was read yet. Task
        tokens are taken out of `raw` ones; others come without, and their tokens are only known
        after the next read. No raw event is folded before that. Payloads that `lacking` ones,
        by their ids, came without are read with the next read, or come redacted. What Map Runs
        `counted` is only asked for where it isn't given. True where something was folded.
        Raises as `ExecutionSource.locate`, and Unavailable."""
        located = await self.locate()
        async with self._folding:
            position = self.feed.position if self.feed is not None else 0
            known = position if raw or self.feed is None else self.feed.log.whole_to
            run = contiguous(events, known)
            if not run or not (self.takes_raw if raw else self._first is None):
                return False
            if raw:
                run = await located.redaction.clean(run)
            else:
                located.redaction.pass_over([event for event in run if event.id > position])
            feed = self.feed or self._new_feed(to_ms(run[0].at))
            return await self._fold(located, feed, run, lacking, counted)

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

    async def whole(
        self, due_at: Callable[[], float], urgency: Urgency = Urgency.REQUEST
    ) -> AsyncGenerator[Sequence[HistoryEvent]]:
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
        async with aclosing(self._again(located, due_at, urgency)) as runs:
            async for run in runs:
                for events in _parted(run):
                    yield events
                last = run[-1].id if run else last
                del run
        if last < known:
            raise Unavailable("AWS's reads are behind what they showed before.", retry_after_s=1.0)

    async def _again(
        self,
        located: Located,
        due_at: Callable[[], float] | None = None,
        urgency: Urgency = Urgency.REQUEST,
    ) -> AsyncGenerator[list[HistoryEvent]]:
        reader, redaction = replace(located.reader), replace(located.redaction)  # from the start
        waiter = Waiter(urgency, self.context.clock.monotonic())
        async with aclosing(reader.new_events(0, waiter)) as runs:
            async for run in runs:
                yield await redaction.clean(run)
                if due_at is not None:
                    waiter.deadline = due_at()

    def forget(self) -> None:
        if self.feed is not None:
            self.context.memory.forget(self.feed.log)

    def _known(self, located: Located, feed: Feed | None) -> int:
        """The event after which the next read has to begin."""
        return feed.log.whole_to if feed is not None and not located.redaction.blind else 0

    def _new_feed(self, epoch: int) -> Feed:
        limits = self.context.limits
        log = EventLog(limits.log_bytes, self.context.memory)
        asking = partial(self.source.catalogue.question, self.id.machine)
        now, at = self.context.clock.now, limits.addresses
        return Feed(self.id, epoch, log=log, addresses=at, asking=asking, now=now)

    async def _fold(
        self,
        located: Located,
        feed: Feed,
        events: Sequence[HistoryEvent],
        lacking: Collection[int] = (),
        counted: Mapping[int, ItemsDocument] | None = None,
    ) -> bool:
        """True where anything was new. Events of before its position bring payloads alone. A feed
        that begins is shown at once."""
        mended = not lacking and feed.log.mend(events)
        new = [event for event in events if event.id > feed.position]
        ended = located.map_run_ends.among(new, past=self._first is not None)
        if counted is None:
            counted = await self.source.map_runs.of_ended(ended)
        self.counted |= counted
        if self._first is None:
            self.feed = feed
        change = feed.fold(new, counted)
        feed.log.lack({event.id for event in change.events if event.id in lacking})
        if change.tasks:
            located.redaction.keep({task.event_id for task in feed.projection.tasks})
        if mended and not change.events:
            self.changed()
        if not change.events:
            return False
        if self._first is None and change.events[0].id > 1:
            self.rhythm.changed()
        else:
            answered_at = located.reader.answered_at or self.context.clock.now()
            self.rhythm.first_seen(change.events, answered_at=answered_at)
        if self._first is None:
            self.changed()
        return True


def _parted(events: Sequence[HistoryEvent]) -> list[Sequence[HistoryEvent]]:
    return [events[at : at + EVENTS_AT_ONCE] for at in range(0, len(events), EVENTS_AT_ONCE)]
