"""Reads new history cheaply.

GetExecutionHistory has no "since". The first read pages forward; later ones read backwards from the
newest event to the known one, and ask for several times as many events as are expected: what is
asked for costs nothing, another call does.
"""

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from handrail.core.errors import InvalidRequest, Unavailable
from handrail.core.models import HistoryEvent, Page
from handrail.core.ports import Histories
from handrail.core.read_queue import Urgency, Waiter

from .event_log import size_of
from .read_budget import PacedCalls

PAGE = 1000  # GetExecutionHistory's largest page
SMALLEST_PAGE = 100
PAGE_BYTES = 2 * 1024 * 1024  # about as much as a page of a later read may hold
EXPECTED_TIMES = 4  # how many times what came at the latest pace is asked for
PAGES_TOO_MANY = 2  # a read that falls short by more begins again with the largest ones
MOST_EMPTY = 20
MOST_RESTARTS = 3


@dataclass(slots=True, repr=False)
class HistoryReader:
    """Reads one execution's history. `answered_at` is AWS's time of its newest answer, if known."""

    calls: PacedCalls
    histories: Histories
    arn: str
    answered_at: datetime | None = field(init=False, default=None)
    _read_at: float | None = field(init=False, default=None)
    _per_s: float = field(init=False, default=0.0)
    _event_bytes: float = field(init=False, default=0.0)

    async def new_events(
        self, known: int, waiter: Waiter | None = None, began: Callable[[], None] = lambda: None
    ) -> AsyncGenerator[list[HistoryEvent]]:
        """Contiguous runs of events after `known`, oldest first. `waiter` says how urgent its calls
        are; `began` is called before the first. Raises TurnWithdrawn, and what reading raises."""
        waiter = waiter or Waiter(Urgency.REQUEST, self.calls.clock.monotonic())
        reading = _Reading(self, waiter, began)
        if known:
            yield contiguous(await self._backward(reading, known), known)
            return
        while True:
            page = await reading.page(PAGE, newest_first=False)
            run = contiguous(page.items, known)
            known = run[-1].id if run else known
            self._measure(page.items, new=0)
            del page  # megabytes, and the next turn may be long in coming
            yield run
            if reading.token is None:
                return
            del run

    async def _backward(self, reading: "_Reading", known: int) -> list[HistoryEvent]:
        elapsed_s = self.calls.clock.monotonic() - (self._read_at or 0.0)
        expected = EXPECTED_TIMES * self._per_s * elapsed_s
        fitting = PAGE_BYTES / self._event_bytes if self._event_bytes else PAGE
        limit = max(1, int(min(max(SMALLEST_PAGE, expected), fitting, PAGE)))
        found: dict[int, HistoryEvent] = {}
        while True:
            page = await reading.page(limit, newest_first=True)
            found |= {event.id: event for event in page.items if event.id > known}
            lowest = min((event.id for event in page.items), default=None)
            if page.next_token is None or (lowest is not None and lowest <= known + 1):
                self._measure(found.values(), new=len(found))
                return list(found.values())
            missing = lowest - known - 1 if lowest is not None else 0
            if missing > PAGES_TOO_MANY * limit and limit < PAGE:
                reading.token, limit = None, PAGE

    def _measure(self, events: Iterable[HistoryEvent], *, new: int) -> None:
        now = self.calls.clock.monotonic()
        if self._read_at is not None and now > self._read_at:
            self._per_s = max(new / (now - self._read_at), self._per_s / 2)
        self._read_at = now
        sizes = [size_of(event) for event in events]
        if sizes:
            self._event_bytes = sum(sizes) / len(sizes)


@dataclass(slots=True, repr=False)
class _Reading:
    """One read over all its pages; `token` is that of the next one."""

    reader: HistoryReader
    waiter: Waiter
    began: Callable[[], None] | None
    token: str | None = None
    empty: int = 0
    restarts: int = 0

    async def page(self, limit: int, *, newest_first: bool) -> Page[HistoryEvent]:
        """The next page, when its turn has come, or the first again where AWS no longer takes the
        token. It may be empty before others. Raises Unavailable where either goes on for ever."""
        reader = self.reader
        try:
            async with reader.calls.turn(self.waiter):
                if self.began is not None:
                    self.began()
                    self.began = None
                page = await reader.histories.read_page(
                    reader.arn, limit=limit, newest_first=newest_first, token=self.token
                )
        except InvalidRequest as error:
            if self.token is None:
                raise Unavailable("AWS refuses to read this history.") from error
            if self.restarts == MOST_RESTARTS:
                raise Unavailable("AWS doesn't take its own page tokens.") from error
            self.token, self.restarts = None, self.restarts + 1
            return await self.page(limit, newest_first=newest_first)
        reader.answered_at = page.answered_at or reader.answered_at
        self.token = page.next_token
        self.empty += not page.items
        if self.empty > MOST_EMPTY:
            raise Unavailable("AWS answers nothing but empty pages of this history.")
        return page


def contiguous(events: Iterable[HistoryEvent], known: int) -> list[HistoryEvent]:
    """The events right after `known`, in order, up to the first hole: reads lag."""
    run: list[HistoryEvent] = []
    for event in sorted(events, key=lambda e: e.id):
        if event.id == known + 1:
            run.append(event)
            known = event.id
    return run
