"""Tells which of many watched executions of one state machine have ended, by listing them.

One ListExecutions shows the status of a thousand executions; to read their histories may take the
budget minutes. So an end is told at once, and the history is read for how it came.
"""

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from math import inf

import structlog

from handrail.clock import Clock
from handrail.core.errors import ServiceError
from handrail.core.models import Cursor, Execution, rfc3339, to_ms
from handrail.core.ports import Executions
from handrail.core.read_queue import Urgency
from handrail.core.watch_bus import SharedLists

from .early_end import EarlyEnd
from .read_budget import PacedCalls
from .read_schedule import HubObservers
from .shared_lists import ListReads
from .watcher import Watcher

log = structlog.get_logger(__name__)

MANY = 5  # so many watched executions of one machine are worth a listing's call
PAGE = 1000
SMALLEST_PAGE = 100
MOST_PAGES = 3

QUICK_S = 0.5  # between two listings of a machine where an execution changed lately
QUIET_S = 5.0  # where none did
YOUNG_SHARE = 0.8  # of that pause: a list so young is another replica's, and good enough
FAILED_S = 30.0  # where AWS refused
SHORTEST_S = 0.05
IDLE_S = 1.0  # between two looks for a machine that is to be listed


@dataclass(slots=True)
class Listing:
    """One machine's list, last read `depth` executions down to the last that is watched."""

    next_at: float = 0.0
    asked_at: float = 0.0
    depth: int = PAGE
    pause_s: float = QUICK_S


@dataclass(slots=True, repr=False)
class ListedEnds:
    """`watchers` are all of the hub's; `task` lists while they are many."""

    executions: Executions
    calls: PacedCalls
    clock: Clock
    watchers: Callable[[], Collection[Watcher]]
    observers: HubObservers
    lists: SharedLists | None = None
    task: asyncio.Task[None] | None = field(init=False, default=None)
    _listings: dict[str, Listing] = field(init=False, default_factory=dict)

    def list_if_many(self) -> None:
        """List from now on, where so many are watched that it may be worth it."""
        if len(self.watchers()) >= MANY and (self.task is None or self.task.done()):
            context = contextvars.Context()  # not the first request's
            self.task = asyncio.get_running_loop().create_task(self._run(), context=context)

    async def _run(self) -> None:
        try:
            while sum(watcher.looked_at for watcher in self.watchers()) >= MANY:
                await self._list_one()
        except Exception:
            log.exception("listing of ends failed")

    async def _list_one(self) -> None:
        """List the machine whose executions, together, have waited the longest, if one is due."""
        running: dict[str, list[Watcher]] = defaultdict(list)  # as far as is known
        for watcher in self.watchers():
            located, ended = watcher.history.located, watcher.feed and watcher.feed.ended
            if watcher.looked_at and located and not ended:
                running[located.machine_arn].append(watcher)
        wanted, now = [arn for arn in running if len(running[arn]) >= MANY], self.clock.monotonic()
        self._listings = {arn: self._listings.get(arn) or Listing() for arn in wanted}
        due = {arn: each for arn, each in self._listings.items() if each.next_at <= now}
        if due:
            arn = max(due, key=lambda arn: len(running[arn]) * (now - due[arn].asked_at))
            await self._list(arn, running[arn], due[arn])
        else:
            soonest = min((each.next_at for each in self._listings.values()), default=inf)
            await self.clock.sleep(min(max(SHORTEST_S, soonest - now), IDLE_S))

    async def _list(self, arn: str, watchers: list[Watcher], listing: Listing) -> None:
        listing.asked_at = self.clock.monotonic()
        try:
            await self._compare(arn, watchers, listing)
        except ServiceError as error:
            log.warning("executions not listed", code=error.code, state_machine_arn=arn)
            listing.next_at = self.clock.monotonic() + FAILED_S
        else:
            polled = [watcher for watcher in watchers if not watcher.rhythm.pushed]
            quick = any(watcher.urgency <= Urgency.CHANGING for watcher in polled)
            listing.pause_s = QUICK_S if quick else QUIET_S
            listing.next_at = listing.asked_at + listing.pause_s

    async def _compare(self, arn: str, watchers: list[Watcher], listing: Listing) -> None:
        """Newest first, down to the oldest that is watched."""
        missing = {str(watcher.id): watcher for watcher in watchers}
        limit = min(PAGE, max(SMALLEST_PAGE, listing.depth + listing.depth // 4))
        limit = limit if self.lists is None else PAGE  # others watch other executions
        reads, young_s = ListReads(self.lists, self.clock), YOUNG_SHARE * listing.pause_s
        token, seen = None, 0
        for _ in range(MOST_PAGES):
            list_page = partial(self.executions.list_page, arn, limit=limit, token=token)
            read = partial(self.calls.call, list_page)
            page = await reads.page(read, arn, token=token, young_s=young_s)
            for execution in page.items:
                seen += 1
                self.observers.listed(execution)
                if (watcher := missing.pop(str(execution.id), None)) is not None:
                    listing.depth = seen
                    if compare_listed(watcher, execution) and execution.stopped_at is not None:
                        lag = self.clock.now() - execution.stopped_at
                        self.observers.lag_seen("list", max(0.0, lag.total_seconds()))
            token = page.next_token
            # Of what has no feed nobody knows when it started, if it did at all.
            feeds = [watcher.feed for watcher in missing.values() if watcher.feed is not None]
            oldest = min((to_ms(execution.started_at) for execution in page.items), default=0)
            if token is None or not missing or all(feed.epoch > oldest for feed in feeds):
                return
        listing.depth = PAGE


def compare_listed(watcher: Watcher, listed: Execution) -> bool:
    """Tell the watcher what a list, or a status change, says of its execution; whether that is an
    end which wasn't known. They lag too: what they show counts only where no redrive came
    between."""
    feed, epoch = watcher.feed, to_ms(listed.started_at)
    if feed is not None and not Cursor(epoch, 0).belongs_to(feed.epoch):
        return False
    fields = feed.projection.execution if feed is not None else None
    known = fields.redrive_count if fields is not None else 0
    before = feed.early_end if feed is not None else None
    if listed.status.terminal and listed.redrive_count >= known:
        stopped_at = rfc3339(listed.stopped_at) if listed.stopped_at else None
        end = EarlyEnd(listed.status.value, stopped_at)
        watcher.show_end(end, epoch=epoch)
        return feed is None or not (feed.ended or before == end)
    if not listed.status.terminal and listed.redrive_count > known:
        watcher.show_end(None, epoch=epoch)
    return False
