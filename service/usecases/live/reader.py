"""Reading new history cheaply, paced by the one bucket that all watchers share.

GetExecutionHistory has no "since". The first read pages forward; later ones read from the newest
event backwards and stop at the known id, asking for about as many events as came last time.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

from service.core.errors import Throttled
from service.core.models import HistoryEvent, Page
from service.core.pacing import TokenBucket
from service.core.ports import Histories
from service.usecases.clock import Clock

PAGE = 1000
"""GetExecutionHistory's largest page."""

SMALLEST_PAGE = 20

Answer = TypeVar("Answer")


class PacedReads:
    """Every read of the live hub goes through here, one token a call."""

    def __init__(self, histories: Histories, bucket: TokenBucket, clock: Clock) -> None:
        self._histories = histories
        self._bucket = bucket
        self._clock = clock

    def wait_s(self) -> float:
        """How long a read asked for now would wait for its turn."""
        return self._bucket.wait_s(self._clock.monotonic())

    async def call(self, read: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make one read when its turn has come. A throttle answer slows all reads down."""
        if delay := self._bucket.take(self._clock.monotonic()):
            await self._clock.sleep(delay)
        try:
            return await read()
        except Throttled:
            self._bucket.throttled(self._clock.monotonic())
            raise

    async def page(
        self, arn: str, *, limit: int, newest_first: bool, token: str | None
    ) -> Page[HistoryEvent]:
        return await self.call(
            lambda: self._histories.read_page(
                arn, limit=limit, newest_first=newest_first, token=token
            )
        )


class HistoryReader:
    """Reads one execution's history forward from what is known."""

    def __init__(self, reads: PacedReads, arn: str) -> None:
        self._reads = reads
        self._arn = arn
        self._expected = SMALLEST_PAGE

    async def new_events(self, known: int) -> AsyncGenerator[list[HistoryEvent]]:
        """Contiguous runs of events after `known`, oldest first."""
        if known == 0:
            async for run in self._forward():
                yield run
        else:
            events = contiguous(await self._backward(known), known)
            self._expected = min(PAGE, max(SMALLEST_PAGE, 2 * len(events)))
            yield events

    async def _forward(self) -> AsyncGenerator[list[HistoryEvent]]:
        token, known = None, 0
        while True:
            page = await self._reads.page(self._arn, limit=PAGE, newest_first=False, token=token)
            run = contiguous(page.items, known)
            known = run[-1].id if run else known
            yield run
            if (token := page.next_token) is None:
                return

    async def _backward(self, known: int) -> list[HistoryEvent]:
        """A page of the expected size; where that falls short, again in whole pages: a token is
        only good for the arguments it was given for."""
        found: list[HistoryEvent] = []
        token, limit = None, self._expected
        while True:
            page = await self._reads.page(self._arn, limit=limit, newest_first=True, token=token)
            found += page.items
            if page.next_token is None or min((e.id for e in page.items), default=0) <= known + 1:
                return found
            token, limit = (page.next_token if limit == PAGE else None), PAGE


def contiguous(events: Iterable[HistoryEvent], known: int) -> list[HistoryEvent]:
    """The events right after `known`, in order and without a hole. What lies behind a hole (reads
    are eventually consistent) is left for the next read."""
    run: list[HistoryEvent] = []
    for event in sorted(events, key=lambda e: e.id):
        if event.id == known + 1:
            run.append(event)
            known = event.id
    return run
