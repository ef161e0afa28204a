"""Sends what waits in the outbox, while this process leads."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from random import random
from typing import Protocol

import structlog

from handrail.clock import Clock, within
from handrail.core.errors import ServiceError
from handrail.core.models import rfc3339
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryFailed, DeliveryLane
from handrail.core.news.news_outbox import Outbox
from handrail.core.news.retry_schedule import after_failure
from handrail.core.news.subscriptions import NewsSubscription
from handrail.core.news.targets import (
    EventBusTarget,
    QueueTarget,
    StartTarget,
    TopicTarget,
    WebhookTarget,
)

from .news_meter import NewsMeter

MOST = 32  # deliveries under way
MOST_OF_ONE = 8  # of a subscription
ATTEMPT_S = 15.0
ENDING_S = 3.0  # for what is under way when this process stops
BUSY_S = 1.0  # until the outbox is looked at again while something is under way
IDLE_S = 5.0  # … and while nothing is: other processes put things there, too
AWAY_S = 2.0  # … and while it doesn't answer
KINDS = {
    EventBusTarget: "eventbridge",
    QueueTarget: "sqs",
    StartTarget: "start",
    TopicTarget: "sns",
    WebhookTarget: "webhook",
}
"""What kind of target a delivery is counted by."""
UNASKED = "nobody here asks for it: the process that sends doesn't know its subscription"
"""No final failure: while a fleet is deployed anew, processes that know it come, or come back."""

log = structlog.get_logger(__name__)


class NewsTarget(Protocol):
    """Where the news of one subscription goes."""

    async def deliver(self, delivery: Delivery) -> None:
        """Returns once it is taken. Raises DeliveryFailed, or ServiceError, where it isn't, or
        where nobody can tell. It may be cancelled at any time."""


class NewsSender:
    """Sends each lane's deliveries in order, and those of several lanes at once. All subscriptions
    have the same share of what may be under way, and it is theirs alone: so a target that is slow
    or dead holds up no other. A delivery leaves the outbox once its target has taken it: whoever is
    stopped in between is followed by one who sends it again, by the same id.

    `targets` are by subscription; `leads` is asked right before each attempt."""

    def __init__(
        self,
        outbox: Outbox,
        targets: Mapping[str, NewsTarget],
        subscriptions: Iterable[NewsSubscription],
        clock: Clock,
        meter: NewsMeter,
        *,
        leads: Callable[[], bool] = lambda: True,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._outbox, self._targets, self._clock, self._meter = outbox, targets, clock, meter
        self._leads, self._jitter = leads, jitter
        self._subscriptions = {each.id: each for each in subscriptions}
        self._share = max(1, min(MOST_OF_ONE, MOST // max(1, len(self._subscriptions))))
        self._under_way: dict[DeliveryLane, asyncio.Task[None]] = {}
        self._ended = set[DeliveryLane]()
        self._look = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was put into the outbox: look at once."""
        self._look.set()

    def stop(self) -> None:
        """Begin nothing more. `run` returns once what is under way has ended, and within three
        seconds: what hasn't ended stays in the outbox."""
        self._stopping = True
        self._look.set()

    async def run(self) -> None:
        """Until it is stopped. Cancelled, it ends at once what is under way."""
        try:
            while not self._stopping:
                self._look.clear()
                await self._clock.wait(self._look, await self._begin_due())
            with suppress(TimeoutError):
                async with within(self._clock, ENDING_S):
                    while self._under_way:
                        await asyncio.wait(self._under_way.values())
        finally:
            tasks = list(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin_due(self) -> float:
        """Begins all that is due and may begin. In how many seconds to look again."""
        try:
            while await self._begin_some():
                pass
            next_at = await self._outbox.next_due_at(without=self._busy())
        except Exception as error:
            _say_outbox_failed(error)
            return AWAY_S
        longest_s = BUSY_S if self._under_way else IDLE_S
        left_s = longest_s if next_at is None else (next_at - self._clock.now()).total_seconds()
        return min(left_s, longest_s) if left_s > 0 else BUSY_S

    async def _begin_some(self) -> bool:
        """Whether anything was begun: then more may be, of subscriptions that were hidden."""
        self._ended.clear()
        room = len(self._under_way) + self._share
        due = await self._outbox.due(self._clock.now(), room, without=self._busy())
        counts, before = self._counts(), len(self._under_way)
        for delivery in due:
            lane, of = delivery.lane, delivery.subscription
            # What ended while the outbox was asked may be in its answer still.
            if lane in self._under_way or lane in self._ended or counts[of] >= self._share:
                continue
            if self._stopping or not self._leads():
                return False
            counts[of] += 1
            self._begin(delivery)
        return len(self._under_way) > before

    def _begin(self, delivery: Delivery) -> None:
        def ended(_: asyncio.Task[None]) -> None:
            del self._under_way[delivery.lane]
            self._ended.add(delivery.lane)
            self._look.set()

        task = asyncio.create_task(self._attempt(delivery))
        self._under_way[delivery.lane] = task
        task.add_done_callback(ended)

    def _counts(self) -> Counter[str]:
        return Counter(lane.subscription for lane in self._under_way)

    def _busy(self) -> list[str]:
        return [id for id, count in self._counts().items() if count >= self._share]

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except DeliveryFailed as failure:
            await self._failed(delivery, failure)
        else:
            sent = replace(delivery, attempts=delivery.attempts + 1, problem=None)
            self._say("sent", log.info, "news delivered", sent)
            await self._noted(lambda: self._outbox.done(delivery))

    async def _deliver(self, delivery: Delivery) -> None:
        """Raises DeliveryFailed, whatever went wrong."""
        if (target := self._targets.get(delivery.subscription)) is None:
            raise DeliveryFailed(UNASKED)
        try:
            async with within(self._clock, ATTEMPT_S):
                await target.deliver(delivery)
        except DeliveryFailed:
            raise
        except TimeoutError as error:
            raise DeliveryFailed(f"it took longer than {ATTEMPT_S:g} s") from error
        except ServiceError as error:
            raise DeliveryFailed(error.detail, retry_after_s=error.retry_after_s) from error
        except Exception as error:
            log.exception("delivering news failed", execution=str(delivery.execution))
            raise DeliveryFailed(f"it failed unexpectedly ({type(error).__name__})") from error

    async def _failed(self, delivery: Delivery, failure: DeliveryFailed) -> None:
        after = after_failure(delivery, failure, self._clock.now(), jitter=self._jitter())
        if isinstance(after, DeadLetter):
            letter = after
            self._say("dead", log.error, "news given up", letter.delivery)
            await self._noted(lambda: self._outbox.bury(letter))
        else:
            retried, due_at = after, rfc3339(after.due_at)
            self._say("failed", log.warning, "news not delivered", retried, due_at=due_at)
            await self._noted(lambda: self._outbox.retry(retried))

    async def _noted(self, note: Callable[[], Awaitable[None]]) -> None:
        """Returns once the outbox has taken it. Until then its lane waits: what was sent isn't sent
        again for as long as this process knows."""
        while True:
            try:
                return await note()
            except Exception as error:
                _say_outbox_failed(error)
            await self._clock.sleep(AWAY_S)

    def _say(
        self, outcome: str, say: Callable[..., None], event: str, delivery: Delivery, **facts: str
    ) -> None:
        subscription = self._subscriptions.get(delivery.subscription)
        kind = KINDS[type(subscription.target)] if subscription is not None else "none"
        self._meter.news(outcome, kind)
        say(
            event,
            execution=str(delivery.execution),
            event_id=delivery.event_id,
            kinds=list(delivery.kinds),
            subscription=delivery.subscription,
            target=subscription.target.shown if subscription is not None else None,
            attempts=delivery.attempts,
            **({} if delivery.problem is None else {"problem": delivery.problem}),
            **facts,
        )


def _say_outbox_failed(error: Exception) -> None:
    if isinstance(error, ServiceError):
        log.warning("news outbox doesn't answer", code=error.code)
    else:
        log.error("news outbox failed unexpectedly", exc_info=error)
