"""One watch among replicas: what came of it over the bus, what is to be told, and who reads it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from handrail.clock import Clock
from handrail.core.history.shared_events import SharedEvent
from handrail.core.models import ExecutionId
from handrail.core.reader_lease import FAILURES, ReaderLease, Role, Step
from handrail.core.watch_bus import Attendance, Attended, WatchWrite

from .watch_reader import Reader

FRESH_S = 1.0  # so old may be what a request is answered by
RELAY_S = 0.5  # within so long what one replica read is shown by the others
WRITE_EVENTS = 500
WRITE_BYTES = 512 * 1024


class Board(Protocol):
    """Asks the bus for many watches in one go."""

    clock: Clock

    @property
    def lag_seen(self) -> Callable[[str, float], None]: ...

    def wake(self) -> None:
        """Something is marked, or to be told."""

    async def ask(self, id: ExecutionId) -> None:
        """Whoever reads this one for all is to read it now. Raises nothing."""

    def leave(self, watch: "SharedWatch") -> None:
        """It ends: a lease that it holds is given up."""


class UnsharedWatch:
    """A watch that this process alone has: it is read whenever a read is due."""

    follows = news = asked = False
    promise_s: float | None = None
    rest_s = inf
    nudged_at = read_at = -inf
    relay_s = 0.0

    async def step(self, *, due: bool) -> Step:
        return Step.READ

    async def learn_tokens(self) -> None:
        """Read the history here where others took the task tokens out. Raises what reading
        raises."""

    def mark(self) -> None:
        """The bus is to be asked again."""

    def was_read(self, begun_at: float) -> None:
        """AWS's history was read here."""

    def moved(self) -> None:
        """Events were folded: whoever reads for all tells of them."""

    def promised(self) -> None:
        """So is what whoever reads for all promises from now on."""

    def leave(self) -> None:
        """The watch has ended."""


@dataclass(eq=False, slots=True, repr=False)
class SharedWatch:
    """`promise_s` is what whoever reads it promises; `marked` is whether the bus is to be asked in
    the next round; `news` is whether a step is due since it answered, `asked` whether somebody
    elsewhere waits for a read; `nudged_at` is when a change was last known of."""

    reader: Reader
    board: Board
    relay_s: float = field(init=False, default=RELAY_S)
    news: bool = field(init=False, default=False)
    asked: bool = field(init=False, default=False)
    nudged_at: float = field(init=False, default=-inf)
    marked: bool = field(init=False, default=True)
    promise_s: float | None = field(init=False, default=None)
    _lease: ReaderLease = field(init=False, default_factory=ReaderLease)
    _came: Attended | None = field(init=False, default=None)  # and isn't folded yet
    _known_at: float = field(init=False, default=-inf)
    _hole: bool = field(init=False, default=False)
    _turned: bool = field(init=False, default=False)  # another read it before, or will
    _insists: bool = field(init=False, default=False)
    _written: int = field(init=False, default=0)  # the newest event on the bus, as far as is known
    _untold: bool = field(init=False, default=False)  # of what was read here, events or none
    _read_at: float | None = field(init=False, default=None)  # here
    _bus_ahead_s: float = field(init=False, default=0.0)  # of this clock, at least
    _served: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    @property
    def position(self) -> int:
        """Up to which event it is known here, with all payloads."""
        feed = self.reader.history.feed
        return feed.log.whole_to if feed is not None else 0

    @property
    def _blind(self) -> bool:
        """Whether there are task tokens that it doesn't know, to take them out."""
        located = self.reader.history.located
        return located is not None and bool(located.redaction.blind)

    @property
    def leads(self) -> bool:
        return self._lease.role is Role.LEADS

    @property
    def follows(self) -> bool:
        return self._lease.role is Role.FOLLOWS

    @property
    def next_at(self) -> float:
        return self._lease.next_at

    @property
    def read_at(self) -> float:
        """When AWS's history was last read by anybody whose events are known here, in monotonic
        seconds."""
        return self._known_at

    @property
    def rest_s(self) -> float:
        """As `ReaderLease.wait_s`."""
        return self._lease.wait_s(self.board.clock.monotonic())

    async def step(self, *, due: bool) -> Step:
        """As `ReaderLease.step`, after what came was folded. Raises as `FollowedHistory.take`."""
        await self.reader.history.locate()
        if not self._lease.reads(self.board.clock.monotonic()) and not self.news:
            self.mark()
            await self._served.wait()
        self.news = False
        if (came := self._came) is not None:
            self._came = None
            await self._take(came)
        if self._insists:
            return Step.READ
        feed, now, requests = (
            self.reader.history.feed,
            self.board.clock.monotonic(),
            self.reader.requests,
        )
        pushed = self.reader.rhythm.pushed and not self._blind
        turned = self._turned and (requests.wanted or not (pushed and self.position))
        need_at = now - FRESH_S if not (pushed and requests.content) else -inf
        step = self._lease.step(
            now,
            due=due or turned,
            known=feed is not None and feed.position > 0,
            hole=self._hole,
            urgent=requests.urgent,
            need_at=max(self.nudged_at, need_at),
        )
        self._turned = False
        if step is Step.ASK:
            await self.board.ask(self.reader.id)
            return Step.WAIT
        return step

    async def learn_tokens(self) -> None:
        if self._blind:
            self._insists = True
            await self.reader.fresh()

    def ask(self) -> None:
        """A request elsewhere waits for this one: read as if it were here. Or nobody reads any
        more: look."""
        if self.follows:
            self.mark()
        if self.leads and not self.reader.in_use:
            self.asked = True
            self.mark()  # it lingers, and reads nothing: others may
        elif self.leads:
            self.asked = True
            self.reader.nudge()
            self.reader.requests.hasten()

    def mark(self) -> None:
        self.marked = True
        self.board.wake()

    def was_read(self, begun_at: float) -> None:
        self._read_at = begun_at
        self._hole = self._insists = self.asked = False
        self._tell()

    def leave(self) -> None:
        self.board.leave(self)
        self._served.set()

    def moved(self) -> None:
        if self.leads and not self._untold and self.position > self._written:
            self._tell()

    def promised(self) -> None:
        if self.leads and self._read_at is not None:
            self._tell()

    def heard(self, position: int) -> None:
        """A replica wrote up to this event, or read and found no more, or promises otherwise."""
        if self.follows and (position > self.position or self.reader.rhythm.polled):
            self.mark()

    def attendance(self) -> Attendance:
        """A watch that lingers goes on for all, where it costs no reads."""
        rhythm = self.reader.rhythm
        goes_on = self.reader.in_use or (rhythm.pushed and self.leads and not self.asked)
        return Attendance(self.reader.id, self.position, goes_on and rhythm.failures < FAILURES)

    def served(self) -> asyncio.Event:
        """A round begins that serves all who wait now: it sets this in the end."""
        self.marked, served, self._served = False, self._served, asyncio.Event()
        return served

    def answered(self, at: float, returned_at: float, answer: Attended) -> None:
        """The bus was asked at `at`."""
        age_s = inf if answer.read_at is None else max(0.0, answer.now - answer.read_at)
        turned = self._lease.attended(
            at,
            leads=answer.leads,
            left_s=answer.left_s,
            read_age_s=age_s,
            idle=not self.reader.in_use,
        )
        self._bus_ahead_s = answer.now - returned_at
        self.promise_s, self._written = answer.promise_s, answer.last
        if answer.last > self.position:
            self._came = answer
        elif answer.leads and answer.last < self.position:
            self._untold = True  # the bus was emptied, or whoever read before didn't tell
        if self._came is None:
            self._known_at = self._lease.read_at
        elif self.follows and not (self._hole or self._insists):
            self.reader.requests.leave_to_another()
        self._turned = self._turned or turned
        self.news = turned or self._came is not None or self._lease.asking
        if self.news:
            self.reader.wake()

    def unanswered(self, at: float) -> None:
        if self._lease.unanswered(at):
            self._turned = self.news = True
            self.reader.wake()

    def write(self) -> WatchWrite | None:
        """What is to be told, if anything is and can be. It counts as told, until `unwritten`."""
        feed = self.reader.history.feed
        if not self._untold or feed is None or not (self.leads or self.follows):
            return None
        known = feed.log.covers(self._written) or feed.log.lacks(self._written)
        events: Sequence[SharedEvent] = ()
        if known or self.leads:
            counted, whole_to = self.reader.history.counted, self.position
            found = feed.log.after(self._written, limit=WRITE_EVENTS, max_bytes=WRITE_BYTES)
            events = [
                SharedEvent(event, counted.get(event.id)) for event in found if event.id <= whole_to
            ]
        read_at = None if self._read_at is None else self._read_at + self._bus_ahead_s
        self._untold, told_s = False, feed.stale_after_s
        return WatchWrite(self.reader.id, feed.epoch, events, read_at, told_s, anew=not known)

    def wrote(self, write: WatchWrite, last: int) -> None:
        """The bus has events up to `last` now, -1 where they are another execution's."""
        before, self._written = self._written, max(last, 0)
        if write.events and before != last != -1 and last < self.position:
            self._tell()

    def unwritten(self) -> None:
        """It didn't arrive: it is told in a later round."""
        self._untold = True

    def _tell(self) -> None:
        self._untold = True
        self.board.wake()

    async def _take(self, came: Attended) -> None:
        history = self.reader.history
        before = self.position
        if await history.began_at(came.epoch):
            events = [shared.event for shared in came.events]
            counted = {each.event.id: each.counts for each in came.events if each.counts}
            if came.epoch is not None and events and events[0].id == 1:
                history.begin(came.epoch)
            await history.take(events, raw=False, counted=counted)
            if events and self.position > before > 0:
                lag = self.board.clock.now() - events[-1].at
                self.board.lag_seen("bus", max(0.0, lag.total_seconds()))
        self._hole = came.last > self.position == before
        if came.last <= self.position:
            self._known_at = self._lease.read_at
        if came.last > self.position > before:
            self.mark()  # there is more than one answer holds
