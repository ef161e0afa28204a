"""Reads one state machine's newest executions again and again, behind the requests of people.

At once when something is known to have changed (a start, a nudge), for a while after that often,
and slowly where nothing happens. What watchers see of an execution shows without a read.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import inf
from typing import Protocol

import structlog

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Unavailable
from handrail.core.listing import ListedMachine, StatusCounts
from handrail.core.pacing import backoff
from handrail.core.protocol.client_messages import MOST_LISTED
from handrail.core.read_queue import Urgency

from .list_pages import ListedPage, ListPages, PageKey

log = structlog.get_logger(__name__)

QUICK_S = 1.5  # between two reads of a list that changed lately, at least
CHANGING_S = 10.0  # for so long after a change: AWS's lists may show it only then
QUIET_S = 5.0
GATHERED_S = 0.25  # so long changes are gathered before they are told
AT_ONCE = 16  # followers told in one go, some milliseconds
FAILED_S = 60.0  # at most, between two reads that fail


class Follower(Protocol):
    def wake(self) -> None:
        """The list may have changed. Must return at once."""


@dataclass(eq=False, slots=True, repr=False)
class FollowedList:
    """Of one status, or of all. `run` is a task for as long as anybody follows it; `poked` is set
    when something changed. `page` is the head of the newest that could be read, `error` why the
    last could not. `late_s` is how much later than now a read is due, by the followers' principals.
    """

    key: PageKey
    pages: ListPages
    clock: Clock
    late_s: Callable[[Iterable[str | None]], float]
    followers: dict[Follower, str | None] = field(init=False, default_factory=dict)
    poked: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    page: ListedPage | None = field(init=False, default=None)
    listed: ListedMachine | None = field(init=False, default=None)
    error: ServiceError | None = field(init=False, default=None)
    _read_at: float = field(init=False, default=-inf)
    _changed_at: float = field(init=False, default=-inf)
    _failures: int = field(init=False, default=0)

    @property
    def answered(self) -> bool:
        return self.page is not None or self.error is not None

    async def run(self) -> None:
        while True:
            await self._read()
            await self._rest()

    async def _read(self) -> None:
        self._read_at = self.clock.monotonic()
        urgency = Urgency.CHANGING if self._changing else Urgency.IDLE
        if not self.answered:
            urgency = Urgency.FIRST_SNAPSHOT
        try:
            due_at = self._read_at + self.late_s(self.followers.values())
            page = await self.pages.page(self.key, urgency, due_at)
        except ServiceError as error:
            self._fail(error)
        except Exception:
            log.exception("list failed", list=self.key.reference)
            self._fail(Unavailable("This list failed, and is read again."))
        else:
            self.error, self._failures = None, 0
            self._show(page)
        await self._tell()

    async def _rest(self) -> None:
        """Until the next read is due, sooner where something changed that it may show."""
        due_at = self._read_at + self._pause_s
        while (left_s := due_at - self.clock.monotonic()) > 0:
            self.poked.clear()
            if not await self.clock.wait(self.poked, left_s):
                return
            self._changed_at = self.clock.monotonic()
            await self.clock.sleep(GATHERED_S)
            if (known := self.pages.known(self.key)) is not None:
                self._show(known)
                await self._tell()
            if (known is None or self.pages.outdated(known, self.key)) and not self._failures:
                due_at = min(due_at, self._read_at + QUICK_S)

    @property
    def _changing(self) -> bool:
        return self.clock.monotonic() - self._changed_at < CHANGING_S

    @property
    def _pause_s(self) -> float:
        if self._failures:
            return backoff(self._failures, first_s=QUIET_S, max_s=FAILED_S)
        return QUICK_S if self._changing else QUIET_S

    def _fail(self, error: ServiceError) -> None:
        if self.error is None or self.error.code != error.code:
            log.warning("executions not listed", code=error.code, list=self.key.reference)
        self.error, self._failures = error, self._failures + 1

    def _show(self, page: ListedPage) -> None:
        head = replace(page, executions=page.executions[:MOST_LISTED])
        if self.page is not None and head.executions != self.page.executions:
            self._changed_at = self.clock.monotonic()
        more = page.next_token is not None
        counts = StatusCounts.of(page.executions, self.key.status, at_least=more)
        self.page = head
        self.listed = ListedMachine(self.key.reference, page.as_of, counts)

    async def _tell(self) -> None:
        """Each is drawn a message of its own, so others run between. What changes meanwhile is
        told with it, or next."""
        for count, follower in enumerate(tuple(self.followers), 1):
            if follower in self.followers:
                follower.wake()
            if not count % AT_ONCE:
                await asyncio.sleep(0)
