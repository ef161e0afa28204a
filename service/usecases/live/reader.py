"""Reads new history cheaply.

GetExecutionHistory has no "since". The first read pages forward; later ones read from the newest
event backwards and stop at the known id, asking for several times as many events as are expected:
what is asked for costs nothing, another call does.
"""

from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import datetime
from functools import partial

from service.core.errors import InvalidRequest, Unavailable
from service.core.models import HistoryEvent, Page
from service.core.ports import Histories
from service.core.read_queue import Urgency, Waiter

from .budget import PacedCalls
from .event_log import size_of

PAGE = 1000
"""GetExecutionHistory's largest page."""

SMALLEST_PAGE = 100
PAGE_BYTES = 2 * 1024 * 1024
"""About as much as a page of a later read may hold."""

EXPECTED_TIMES = 4
"""How many times what came at the latest pace is asked for."""

PAGES_TOO_MANY = 2
"""A read that falls short by more pages than this begins again with the largest ones."""

MOST_EMPTY = 20
MOST_RESTARTS = 3


class HistoryReader:
    """Reads one execution's history forward from what is known. `answered_at` is AWS's own time of
    its newest answer, None where it didn't say."""

    def __init__(self, calls: PacedCalls, histories: Histories, arn: str) -> None:
        self.answered_at: datetime | None = None
        self.calls = calls
        self.read_page = partial(histories.read_page, arn)
        self._read_at: float | None = None
        self._per_s = 0.0
        self._event_bytes = 0.0

    async def new_events(
        self, known: int, waiter: Waiter | None = None, began: Callable[[], None] = lambda: None
    ) -> AsyncGenerator[list[HistoryEvent]]:
        """Contiguous runs of events after `known`, oldest first. `waiter` says how urgent its calls
        are; `began` is called when the first of them is about to be made.

        Raises TurnWithdrawn, and what reading raises."""
        reading = _Reading(self, waiter, began)
        if known == 0:
            async for run in self._forward(reading):
                yield run
        else:
            yield contiguous(await self._backward(reading, known), known)

    async def _forward(self, reading: "_Reading") -> AsyncGenerator[list[HistoryEvent]]:
        token, known = None, 0
        while True:
            page = await reading.page(PAGE, newest_first=False, token=token)
            if page is None:
                token = None
                continue
            run, token = contiguous(page.items, known), page.next_token
            known = run[-1].id if run else known
            self._measure(page.items, new=0)
            del page  # megabytes, and the next turn may be long in coming
            yield run
            del run
            if token is None:
                return

    async def _backward(self, reading: "_Reading", known: int) -> list[HistoryEvent]:
        limit = self._limit()
        found: dict[int, HistoryEvent] = {}
        token = None
        while True:
            page = await reading.page(limit, newest_first=True, token=token)
            if page is None:
                token = None
                continue
            found |= {event.id: event for event in page.items if event.id > known}
            lowest = min((event.id for event in page.items), default=None)
            if page.next_token is None or (lowest is not None and lowest <= known + 1):
                self._measure(found.values(), new=len(found))
                return list(found.values())
            token = page.next_token
            missing = lowest - known - 1 if lowest is not None else 0
            if missing > PAGES_TOO_MANY * limit and limit < PAGE:
                token, limit = None, PAGE

    def _limit(self) -> int:
        """How many events to ask for, by how many came lately and how large they were."""
        elapsed_s = self.calls.clock.monotonic() - (self._read_at or 0.0)
        expected = EXPECTED_TIMES * self._per_s * elapsed_s
        fitting = PAGE_BYTES / self._event_bytes if self._event_bytes else PAGE
        return max(1, int(min(max(SMALLEST_PAGE, expected), fitting, PAGE)))

    def _measure(self, events: Iterable[HistoryEvent], *, new: int) -> None:
        now = self.calls.clock.monotonic()
        if self._read_at is not None and now > self._read_at:
            self._per_s = max(new / (now - self._read_at), self._per_s / 2)
        self._read_at = now
        sizes = [size_of(event) for event in events]
        if sizes:
            self._event_bytes = sum(sizes) / len(sizes)


class _Reading:
    """One read over all its pages, and what AWS does to them."""

    def __init__(
        self, reader: HistoryReader, waiter: Waiter | None, began: Callable[[], None]
    ) -> None:
        self._reader = reader
        self._waiter = waiter or Waiter(Urgency.REQUEST, reader.calls.clock.monotonic())
        self._began: Callable[[], None] | None = began
        self._empty = 0
        self._restarts = 0

    async def page(
        self, limit: int, *, newest_first: bool, token: str | None
    ) -> Page[HistoryEvent] | None:
        """One call, when its turn has come. None where AWS no longer takes the token: the read
        begins again. A page without events may have others behind it. Raises Unavailable where
        either goes on for ever."""
        try:
            async with self._reader.calls.turn(self._waiter):
                if self._began is not None:
                    self._began()
                    self._began = None
                page = await self._reader.read_page(
                    limit=limit, newest_first=newest_first, token=token
                )
        except InvalidRequest as error:
            self._restarts += 1
            if token is None:
                raise Unavailable("AWS refuses to read this history.") from error
            if self._restarts > MOST_RESTARTS:
                raise Unavailable("AWS doesn't take its own page tokens.") from error
            return None
        self._reader.answered_at = page.answered_at or self._reader.answered_at
        self._empty += not page.items
        if self._empty > MOST_EMPTY:
            raise Unavailable("AWS answers nothing but empty pages of this history.")
        return page


def contiguous(events: Iterable[HistoryEvent], known: int) -> list[HistoryEvent]:
    """The events right after `known`, in order and without a hole. What lies behind a hole (reads
    are eventually consistent) is left for the next read."""
    run: list[HistoryEvent] = []
    for event in sorted(events, key=lambda e: e.id):
        if event.id == known + 1:
            run.append(event)
            known = event.id
    return run
