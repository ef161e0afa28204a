"""A sender on fakes: an outbox in memory, and targets that do as told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from handrail.core.machine_patterns import EVERY_MACHINE
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.news_outbox import Followed, Outbox
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import WebhookTarget
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.sender import NewsSender, NewsTarget
from tests.fakes import BEGIN, FakeClock

FIRST, SECOND = "a" * 12, "b" * 12
SECRET = "whsec_" + "bmV3" * 8


@dataclass(slots=True)
class FakeTarget:
    """Takes everything unless told otherwise: `failures` come first, then what `judge` says. While
    it isn't `open` what has come in waits."""

    failures: list[Exception] = field(default_factory=list)
    judge: Callable[[Delivery], Exception | None] = lambda _: None
    taken: list[Delivery] = field(default_factory=list)
    asked: list[Delivery] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most_under_way: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def deliver(self, delivery: Delivery) -> None:
        self.asked.append(delivery)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.open.wait()
            if self.failures:
                raise self.failures.pop(0)
            if (failure := self.judge(delivery)) is not None:
                raise failure
        finally:
            self.under_way -= 1
        self.taken.append(delivery)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.taken]


@dataclass(slots=True)
class CountingMeter:
    counts: list[tuple[str, str]] = field(default_factory=list)

    def news(self, outcome: str, target: str) -> None:
        self.counts.append((outcome, target))

    def news_waiting(self, waiting: int, dead: int, oldest_s: float) -> None:
        """The sender doesn't say it."""


def subscription(id: str) -> NewsSubscription:
    target = WebhookTarget(f"https://hooks.example.com/token-{id}?key=secret", SECRET)
    return NewsSubscription(id, EVERY_MACHINE, NewsFilter(("failed",)), target)


def delivery(
    name: str = "one", event_id: int = 7, *, to: str = FIRST, at: datetime = BEGIN
) -> Delivery:
    body = f'{{"type":"execution.failed","data":{{"name":"{name}","links":{{}}}}}}'
    return Delivery(to, ExecutionId("orders", name), event_id, at, ("failed",), body, at, at)


async def put(outbox: Outbox, *deliveries: Delivery) -> None:
    for each in deliveries:
        await outbox.put(Followed(each.execution, BEGIN, each.event_id), [each])


class Sending:
    """A sender of two subscriptions; `run` starts it."""

    def __init__(
        self,
        subscriptions: Iterable[str] = (FIRST, SECOND),
        *,
        leads: Callable[[], bool] = lambda: True,
        before: Callable[[str], Awaitable[None]] | None = None,
        after: Callable[[str], Awaitable[None]] | None = None,
        outbox: InMemoryOutbox | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        """Calls of the outbox and of the targets pass by `before` and `after`."""
        self.clock = clock or FakeClock()
        self.outbox = outbox or InMemoryOutbox(self.clock)
        self.meter = CountingMeter()
        self.fakes = {id: FakeTarget() for id in subscriptions}

        def interposed(behind: object) -> Any:
            return Interposed(behind, before=before, after=after)

        self.targets: dict[str, NewsTarget] = {id: interposed(t) for id, t in self.fakes.items()}
        self.sender = NewsSender(
            cast(Outbox, interposed(self.outbox)),
            self.targets,
            map(subscription, self.fakes),
            self.clock,
            self.meter,
            leads=leads,
            jitter=lambda: 0.0,
        )
        self.task: asyncio.Task[None] | None = None

    @property
    def first(self) -> FakeTarget:
        return self.fakes[FIRST]

    @property
    def second(self) -> FakeTarget:
        return self.fakes[SECOND]

    async def run(self, seconds: float = 0.0) -> None:
        """Starts it, unless it runs, and lets so much time pass."""
        self.task = self.task or asyncio.create_task(self.sender.run())
        await self.clock.advance(seconds)

    async def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


class Interposed:
    """Stands before an outbox or a target: each of its calls passes by `before` and `after`."""

    def __init__(
        self,
        behind: object,
        *,
        before: Callable[[str], Awaitable[None]] | None = None,
        after: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._behind, self._before, self._after = behind, before, after

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._behind, name)

        async def call(*given: Any, **how: Any) -> Any:
            if self._before is not None:
                await self._before(name)
            answer = await method(*given, **how)
            if self._after is not None:
                await self._after(name)
            return answer

        return call


def failed(detail: str = "answered 500", **how: bool | float) -> DeliveryFailed:
    after_s, final = how.get("retry_after_s"), bool(how.get("final"))
    return DeliveryFailed(detail, retry_after_s=after_s, final=final)
