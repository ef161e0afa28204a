"""Tells which of many watched executions of one state machine have ended, by listing them.

One ListExecutions shows the status of a thousand executions; reading each history shows a thousand
times as much, and the budget for that may take minutes. So where many executions of a machine are
watched they are listed too: an end is told at once, and the history is read for how it came.
"""

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

import structlog

from service.clock import Clock
from service.core.errors import ServiceError
from service.core.models import Cursor, Execution, rfc3339, to_ms
from service.core.ports import Executions
from service.core.read_queue import Urgency

from .feed import EarlyEnd
from .read_budget import PacedCalls
from .watcher import Watcher

log = structlog.get_logger(__name__)

MANY = 5
"""So many watched executions of one machine, and listing them is worth its call."""

PAGE = 1000
SMALLEST_PAGE = 100
MOST_PAGES = 3

QUICK_S = 0.5
QUIET_S = 5.0
FAILED_S = 30.0
"""Between two listings of a machine: where one of its executions changed lately, where none did,
and where AWS refused."""

SHORTEST_S = 0.05
IDLE_S = 1.0
"""Between two looks for a machine that is to be listed."""


@dataclass(slots=True)
class Listing:
    """One machine's list as it was last read. `depth` is how far down the last one was that is
    watched."""

    next_at: float = 0.0
    asked_at: float = 0.0
    depth: int = PAGE


@dataclass(slots=True, repr=False)
class ListedEnds:
    """`watchers` are all of the hub's; `task` lists while they are many."""

    executions: Executions
    calls: PacedCalls
    clock: Clock
    watchers: Callable[[], Collection[Watcher]]
    task: asyncio.Task[None] | None = field(init=False, default=None)
    _listings: dict[str, Listing] = field(init=False, default_factory=dict)

    def list_if_many(self) -> None:
        """List from now on, where so many are watched that it may be worth it."""
        if len(self.watchers()) >= MANY and (self.task is None or self.task.done()):
            context = contextvars.Context()  # not the first request's
            self.task = asyncio.get_running_loop().create_task(self._run(), context=context)

    async def _run(self) -> None:
        try:
            await self._list_while_many()
        except Exception:
            log.exception("listing of ends failed")

    async def _list_while_many(self) -> None:
        """One machine after another, those first of which the most executions have been looked at
        for the longest without a listing."""
        while sum(bool(watcher.audience.subscriptions) for watcher in self.watchers()) >= MANY:
            wanted, now = self._wanted(), self.clock.monotonic()
            self._listings = {arn: self._listings.get(arn) or Listing() for arn in wanted}
            due = [arn for arn in wanted if self._listings[arn].next_at <= now]
            if due:
                waited_s = {arn: now - self._listings[arn].asked_at for arn in due}
                arn = max(due, key=lambda arn: len(wanted[arn]) * waited_s[arn])
                await self._list(arn, wanted[arn], self._listings[arn])
            else:
                soonest = min((x.next_at for x in self._listings.values()), default=now + IDLE_S)
                await self.clock.sleep(min(max(SHORTEST_S, soonest - now), IDLE_S))

    def _wanted(self) -> dict[str, list[Watcher]]:
        """The watched executions that run, as far as is known, by machine."""
        found: dict[str, list[Watcher]] = defaultdict(list)
        for watcher in self.watchers():
            feed, located = watcher.feed, watcher.history.located
            ended = feed is not None and feed.ended
            if watcher.audience.subscriptions and located is not None and not ended:
                found[located.machine_arn].append(watcher)
        return {arn: watchers for arn, watchers in found.items() if len(watchers) >= MANY}

    async def _list(self, arn: str, watchers: list[Watcher], listing: Listing) -> None:
        listing.asked_at = self.clock.monotonic()
        try:
            await self._compare(arn, watchers, listing)
        except ServiceError as error:
            log.warning("executions not listed", code=error.code, state_machine_arn=arn)
            listing.next_at = self.clock.monotonic() + FAILED_S
        else:
            quick = any(watcher.urgency <= Urgency.CHANGING for watcher in watchers)
            listing.next_at = listing.asked_at + (QUICK_S if quick else QUIET_S)

    async def _compare(self, arn: str, watchers: list[Watcher], listing: Listing) -> None:
        """Newest first, down to the oldest that is watched."""
        missing = {str(watcher.id): watcher for watcher in watchers}
        limit = min(PAGE, max(SMALLEST_PAGE, listing.depth + listing.depth // 4))
        token, seen = None, 0
        for _ in range(MOST_PAGES):
            page = await self.calls.call(
                partial(self.executions.list_page, arn, limit=limit, token=token)
            )
            for execution in page.items:
                seen += 1
                if (watcher := missing.pop(str(execution.id), None)) is not None:
                    listing.depth = seen
                    _compare_one(watcher, execution)
            token = page.next_token
            # Of what has no feed nobody knows when it started, if it did at all.
            feeds = [watcher.feed for watcher in missing.values() if watcher.feed is not None]
            oldest = min((to_ms(execution.started_at) for execution in page.items), default=0)
            if token is None or not missing or all(feed.epoch > oldest for feed in feeds):
                return
        listing.depth = PAGE


def _compare_one(watcher: Watcher, listed: Execution) -> None:
    """Lists lag too: what one shows counts only where no redrive came between."""
    feed, epoch = watcher.feed, to_ms(listed.started_at)
    if feed is not None and not Cursor(epoch, 0).belongs_to(feed.epoch):
        return
    fields = feed.projection.execution if feed is not None else None
    known = fields.redrive_count if fields is not None else 0
    if listed.status.terminal and listed.redrive_count >= known:
        stopped_at = rfc3339(listed.stopped_at) if listed.stopped_at else None
        watcher.show_end(EarlyEnd(listed.status.value, stopped_at), epoch=epoch)
    elif not listed.status.terminal and listed.redrive_count > known:
        watcher.show_end(None)
