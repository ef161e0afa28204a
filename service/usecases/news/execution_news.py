"""Finds the news in one execution's events, and puts what is to be told of it into the outbox."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Unavailable
from handrail.core.history.facts import OUTCOMES
from handrail.core.models import Account, ExecutionId, HistoryEvent
from handrail.core.news.deliveries import Delivery
from handrail.core.news.folding import NewsFolding
from handrail.core.news.news import News
from handrail.core.news.news_documents import deliveries
from handrail.core.news.news_outbox import Followed, Outbox
from handrail.core.news.targets import StartTarget
from handrail.core.pacing import backoff

from .subscribers import Subscribers

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 20  # deliveries of one put, but for those of a single event
AGAIN_S, LONGEST_AGAIN_S = 0.5, 15.0  # between two attempts to put


@dataclass(frozen=True, slots=True, repr=False)
class NewsMaking:
    """What all executions' news are made with. `account` is where the executions are, known once
    events of one are; `deepest` is how many may start one another; `told` is called where something
    waits to be sent."""

    outbox: Outbox
    subscribers: Subscribers
    clock: Clock
    account: Callable[[], Account | None]
    deepest: int
    told: Callable[[], None]


@dataclass(eq=False, slots=True, repr=False)
class ExecutionNews:
    """Of an execution whose events up to `position` were told before. Of one that began before
    `known_before` only what happened from `since` on is news. `recorded` is whether the outbox
    knows it."""

    id: ExecutionId
    making: NewsMaking
    position: int = 0
    since: datetime | None = None
    known_before: datetime | None = None
    started_at: datetime | None = None
    recorded: bool = False
    ended: bool = field(init=False, default=False)
    _put_ended: bool = field(init=False, default=False)
    _folding: NewsFolding = field(init=False)
    _waiting: list[Delivery] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._folding = NewsFolding(self.id, position=self.position)

    @property
    def cursor(self) -> int:
        """The newest event that was folded."""
        return self._folding.cursor

    @property
    def followed(self) -> Followed | None:
        """As the outbox is to know it; None before its start is known."""
        if self.started_at is None:
            return None
        position = max(self.position, self.cursor)
        return Followed(self.id, self.started_at, position, self.ended)

    async def take(self, runs: AsyncGenerator[Sequence[HistoryEvent]]) -> None:
        """Fold these, the events after `cursor`. What is news has been put when it returns. Raises
        what `runs` raises: what was folded before is put by the next one. Raises Unavailable while
        nobody knows which account this is; then nothing was folded."""
        if self.making.account() is None:
            raise Unavailable("No state machine tells which account this is.")
        async with aclosing(runs):
            async for events in runs:
                for event in events:
                    await self._fold(event)
                await asyncio.sleep(0)
        if self._waiting or not self.recorded or self.ended is not self._put_ended:
            await self._put()

    async def record(self) -> None:
        """So that it is known to be followed, whoever leads next."""
        if not self.recorded:
            await self._put()

    async def give_up(self) -> None:
        """Nothing more can be known of it."""
        self.ended = True
        await self._put()

    async def _fold(self, event: HistoryEvent) -> None:
        if event.id == 1:
            self.started_at = self.started_at or event.at
            if self.known_before is not None and event.at >= self.known_before:
                self.since = None
        for news in self._folding.fold((event,)):
            if self.since is None or news.at >= self.since:
                self._waiting += await self._drawn(news)
        if event.type in OUTCOMES:
            self.ended = True
        elif event.type == "ExecutionRedriven":
            self.ended = False
        if len(self._waiting) >= MOST_AT_ONCE:
            await self._put()

    async def _drawn(self, news: News) -> list[Delivery]:
        making, account = self.making, self.making.account()
        asking, now = making.subscribers.asking(self.id.machine), making.clock.now()
        assert account is not None  # noqa: S101 - `take` looked, and it is never forgotten

        def draw() -> list[Delivery]:
            return deliveries(news, asking, now=now, account=account, deepest=making.deepest)

        if any(isinstance(each.target, StartTarget) for each in asking):
            return await asyncio.to_thread(draw)
        return draw()

    async def _put(self) -> None:
        """Tries until the outbox has taken it."""
        followed, failures = self.followed, 0
        if followed is None:
            return
        while True:
            try:
                await self.making.outbox.put(followed, tuple(self._waiting))
            except ServiceError as error:
                if not failures:
                    log.warning("news not kept", execution=str(self.id), code=error.code)
                failures += 1
                pause_s = backoff(failures, first_s=AGAIN_S, max_s=LONGEST_AGAIN_S)
                await self.making.clock.sleep(pause_s)
            else:
                break
        self.recorded, self._put_ended = True, followed.ended
        if self._waiting:
            self._waiting.clear()
            self.making.told()
