"""The news of one execution is put in the order of its events, with how far it was told."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

import pytest

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId, HistoryEvent
from handrail.core.news.news_outbox import Followed
from handrail.core.news.targets import StartTarget
from handrail.usecases.news.execution_news import MOST_AT_ONCE, ExecutionNews, NewsMaking
from handrail.usecases.news.subscribers import Subscribers
from tests.core.histories import History
from tests.fakes import ACCOUNT, BEGIN, FakeClock

from .news_stage import QUEUE, FailingOutbox, subscription

ID = ExecutionId.parse("orders:one")


class Made:
    """What news are made with, and how often somebody was told that something waits."""

    def __init__(
        self, *kinds: str, account: bool = True, target: StartTarget | None = None
    ) -> None:
        self.clock, self.told = FakeClock(), 0
        self.outbox = FailingOutbox(self.clock)
        asked = subscription(*kinds, target=target or QUEUE)
        self.making = NewsMaking(
            self.outbox,
            Subscribers.of([asked]),
            self.clock,
            lambda: ACCOUNT if account else None,
            deepest=5,
            told=self.tell,
        )

    def tell(self) -> None:
        self.told += 1

    async def waiting(self) -> list[int]:
        ids = []
        while due := await self.outbox.due(self.clock.now(), 100):
            for each in due:
                ids.append(each.event_id)
                await self.outbox.done(each)
        return ids


async def runs(
    events: Sequence[HistoryEvent], *sizes: int
) -> AsyncGenerator[Sequence[HistoryEvent]]:
    for size in sizes or (len(events),):
        yield events[:size]
        events = events[size:]


def story(states: int = 1) -> list[HistoryEvent]:
    history = History()
    for _ in range(states):
        history.main.visit("Task", "Pay")
    history.main.then("ExecutionFailed", error="Boom")
    return history.events


async def test_news_and_position_are_put_in_one_step() -> None:
    made = Made("started", "state:Pay.entered", "failed")
    news = ExecutionNews(ID, made.making)
    events = story()
    await news.take(runs(events, 1, 3))
    assert (made.outbox.count("put"), made.told) == (1, 1)
    assert await made.waiting() == [1, 2, 4]
    assert await made.outbox.find(ID) == Followed(ID, events[0].at, 4, ended=True)
    assert news.ended


async def test_what_is_no_news_moves_nothing_but_is_recorded_once() -> None:
    made = Made("succeeded")
    news = ExecutionNews(ID, made.making)
    events = story()[:3]
    await news.take(runs(events[:1]))
    await news.take(runs(events[1:]))
    assert (made.outbox.count("put"), made.told) == (1, 0)
    assert await made.outbox.find(ID) == Followed(ID, events[0].at, 1)


async def test_what_was_told_before_is_told_to_nobody_again() -> None:
    made = Made("started", "state:Pay.entered", "failed")
    news = ExecutionNews(ID, made.making, 2, started_at=BEGIN, recorded=True)
    await news.take(runs(story()))
    assert await made.waiting() == [4]


async def test_of_one_that_began_before_only_what_came_since_is_news() -> None:
    events = story()
    since = events[2].at
    made = Made("started", "state:Pay.entered", "failed")
    await ExecutionNews(ID, made.making, since=since, known_before=since).take(runs(events))
    assert await made.waiting() == [4]
    again = Made("started", "state:Pay.entered", "failed")
    known_before = events[0].at - timedelta(seconds=1)
    await ExecutionNews(ID, again.making, since=since, known_before=known_before).take(runs(events))
    assert await again.waiting() == [1, 2, 4]


async def test_a_long_history_is_put_in_parts() -> None:
    made = Made("state:Pay.entered")
    await ExecutionNews(ID, made.making).take(runs(story(states=2 * MOST_AT_ONCE)))
    assert made.outbox.count("put") == 3
    assert len(await made.waiting()) == 2 * MOST_AT_ONCE


async def test_what_comes_before_a_failure_is_put_with_what_comes_after() -> None:
    made = Made("started", "failed")
    news = ExecutionNews(ID, made.making)
    events = story()

    async def failing() -> AsyncGenerator[Sequence[HistoryEvent]]:
        yield events[:2]
        raise Unavailable("Away.")

    with pytest.raises(Unavailable):
        await news.take(failing())
    assert (await made.waiting(), news.cursor) == ([], 2)
    await news.take(runs(events[2:]))
    assert await made.waiting() == [1, 4]


async def test_a_redrive_opens_it_again() -> None:
    made = Made("failed", "redriven")
    news = ExecutionNews(ID, made.making)
    history = History()
    history.main.then("ExecutionFailed", error="Boom").then("ExecutionRedriven", redriveCount=1)
    await news.take(runs(history.events))
    assert (news.ended, await made.waiting()) == (False, [2, 3])
    found = await made.outbox.find(ID)
    assert found is not None
    assert not found.ended


async def test_what_is_given_up_is_followed_no_longer() -> None:
    made = Made("failed")
    news = ExecutionNews(ID, made.making, started_at=BEGIN)
    await news.record()
    await news.record()
    assert made.outbox.count("put") == 1
    await news.give_up()
    assert await made.outbox.followed() == []


async def test_a_start_is_drawn_from_the_news() -> None:
    made = Made("failed", target=StartTarget("refunds", {"of": "{% $states.errorOutput.Error %}"}))
    await ExecutionNews(ID, made.making).take(runs(story()))
    (delivery,) = await made.outbox.due(made.clock.now(), 10)
    assert '"of":"Boom"' in delivery.body


async def test_before_the_account_is_known_nothing_is_told() -> None:
    made = Made("failed", account=False)
    with pytest.raises(Unavailable):
        await ExecutionNews(ID, made.making).take(runs(story()))
    assert made.outbox.calls == []
