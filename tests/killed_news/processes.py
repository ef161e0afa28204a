"""Processes that tell news, each of which may be killed at any of its awaits: from then on nothing
it does has an effect, and nothing is closed or given back."""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from handrail.core.models import HistoryEvent
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.pushes import Push
from handrail.usecases.live import Hub, HubObservers
from handrail.usecases.live.list_pages import ListPages
from handrail.usecases.news.execution_news import NewsMaking
from handrail.usecases.news.leader import Leader
from handrail.usecases.news.news_follower import NewsFollower
from handrail.usecases.news.news_work import NewsWork
from handrail.usecases.news.sender import NewsSender
from handrail.usecases.news.sweep import NewsSweep
from handrail.usecases.news.watermarks import Watermarks
from tests.usecases.live.pushing import pushed
from tests.usecases.news.news_stage import NewsStage

NEVER: Callable[[], Any] = lambda: asyncio.Event().wait()  # noqa: E731


@dataclass
class Life:
    """`kill_at` is the await, of those on something outside, at which it ends; each call has two:
    before it takes effect, and after, before that is known."""

    kill_at: int | None = None
    steps: int = 0
    dead: bool = False

    async def step(self) -> None:
        if not self.dead:
            self.steps += 1
            self.dead = self.steps == self.kill_at
        if self.dead:
            await NEVER()


class Mortal:
    """Something outside, as a process with this life reaches it."""

    def __init__(self, outside: Any, life: Life) -> None:
        self._outside, self._life = outside, life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._outside, name)

        async def call(*args: Any, **options: Any) -> Any:
            await self._life.step()
            answer = await method(*args, **options)
            await self._life.step()
            return answer

        return call


@dataclass
class Receiver:
    """Fails now and then. `heard` are the ids that it took, in order, with the bodies."""

    chance: random.Random
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def deliver(self, delivery: Delivery) -> None:
        if self.chance.random() < 0.1:
            raise DeliveryFailed("answered 503")
        self.heard.append((delivery.id, delivery.body))


class Quiet:
    """A NewsMeter that nobody reads."""

    def news(self, outcome: str, target: str) -> None: ...

    def news_waiting(self, waiting: int, dead: int, oldest_s: float) -> None: ...


class NewsProcess:
    """A whole one: it asks for the lead, follows, sweeps and sends."""

    def __init__(
        self,
        stage: NewsStage,
        receiver: Receiver,
        life: Life,
        name: str,
        *,
        starts: bool = True,
    ) -> None:
        self.life = life
        outbox, clock, subscribers = Mortal(stage.outbox, life), stage.clock, stage.subscribers
        target = Mortal(receiver, life)
        self.hub = Hub(
            stage.source,
            stage._limits,
            clock,
            random=lambda: 0.5,
            observers=HubObservers(pushed=self._pushed),
        )
        marks = Watermarks(outbox, clock)
        making = NewsMaking(
            outbox,
            subscribers,
            clock,
            stage.catalogue.known_account,
            deepest=5,
            told=self._told,
        )
        self._follower = follower = NewsFollower(
            making, self.hub, marks, push=stage.push, most=stage.most
        )
        pages = ListPages(stage.executions, stage.budget.lists, clock, stage.nudges)
        sweep = NewsSweep(
            follower, subscribers, marks, stage.catalogue, pages, clock, push=stage.push
        )

        def new_sender() -> NewsSender:
            asked = tuple(subscribers.by_id.values())
            targets = {each.id: target for each in asked}
            leads = lambda: leader.leads  # noqa: E731
            return NewsSender(
                outbox, targets, asked, clock, Quiet(), leads=leads, jitter=lambda: 0.5
            )

        self.work = work = NewsWork(outbox, follower, sweep, new_sender, Quiet(), clock)
        self.leader = leader = Leader(outbox, work.run, clock, name)
        if stage.push:
            self.hub.push_state(True, 0.0)
        if starts:
            leader.start()

    def _pushed(self, push: Push) -> None:
        self._follower.pushed(push)

    def _told(self) -> None:
        self.work.wake()

    def push(self, events: Iterable[HistoryEvent], id: str) -> None:
        for event in events:
            self.hub.pushed(pushed(event, id))

    async def bury(self) -> None:
        """Takes what is left of it out of memory."""
        self.life.dead = True
        if (task := self.leader._task) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.hub.close()
