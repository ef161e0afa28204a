"""What is shown of news, and to whom."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from handrail.core.errors import NewsNotFound, NewsUnavailable
from handrail.core.machine_patterns import EVERY_MACHINE
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter, Delivery
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import TopicTarget
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.news_service import NewsRequest, NewsService
from tests.fakes import BEGIN, FakeClock
from tests.outboxes import SUBSCRIPTION, news_of, up_to

MINE, THEIRS = ExecutionId("mine", "1"), ExecutionId("theirs", "1")
TOPIC = TopicTarget("arn:aws:sns:eu-west-1:123456789012:orders")
SUBSCRIBED = NewsSubscription(SUBSCRIPTION, EVERY_MACHINE, NewsFilter(("failed",)), TOPIC)


@pytest.fixture
def outbox() -> InMemoryOutbox:
    return InMemoryOutbox(FakeClock())


@pytest.fixture
def service(outbox: InMemoryOutbox) -> NewsService:
    return NewsService(outbox, {SUBSCRIPTION: SUBSCRIBED}, sends=True)


def of_mine(limit: int = 2, page: str | None = None) -> NewsRequest:
    return NewsRequest(lambda id: id == MINE, lambda machine: machine == "mine", limit, page)


async def test_a_page_is_filled_with_what_may_be_seen_among_much_that_may_not(
    service: NewsService, outbox: InMemoryOutbox
) -> None:
    for number in range(1, 41):
        delivery = news_of(number, MINE if number % 10 == 0 else THEIRS)
        await outbox.put(up_to(number, delivery.execution), [delivery])
        await outbox.bury(DeadLetter(delivery, BEGIN + timedelta(minutes=number)))
    seen, page = list[int](), None
    while True:
        found = await service.listing(of_mine(page=page))
        seen += [each.delivery.event_id for each in found.dead]
        assert (found.waiting_count, found.dead_count) == (0, 4)
        if (page := found.next_page) is None:
            break
    assert seen == [40, 30, 20, 10]


async def test_what_waits_is_limited_after_what_may_not_be_seen(
    service: NewsService, outbox: InMemoryOutbox
) -> None:
    await outbox.put(up_to(5, THEIRS), [news_of(5, THEIRS)])
    await outbox.put(up_to(5, MINE), [news_of(5, MINE)])
    found = await service.listing(of_mine(limit=1))
    assert [each.execution for each in found.waiting] == [MINE]
    assert found.waiting_count == 1


async def test_no_more_is_read_than_is_shown_where_all_may_be_seen(
    service: NewsService, outbox: InMemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is read with its body, of 128 KiB maybe."""
    asked = list[int]()

    async def waiting(_: InMemoryOutbox, limit: int) -> Sequence[Delivery]:
        asked.append(limit)
        return [news_of(number, MINE) for number in range(limit)]

    monkeypatch.setattr(InMemoryOutbox, "waiting", waiting)
    found = await service.listing(of_mine(limit=3))
    assert (len(found.waiting), asked) == (3, [3])


async def test_what_is_gone_is_said_to_be(service: NewsService, outbox: InMemoryOutbox) -> None:
    await outbox.put(up_to(5), [news_of(5)])
    await service.drop(news_of(5).key)
    for call in (service.retry, service.drop):
        with pytest.raises(NewsNotFound):
            await call(news_of(5).key)


async def test_where_nothing_is_told_each_call_says_so() -> None:
    service = NewsService()
    for call in (service.listing(of_mine()), service.retry(news_of(5).key)):
        with pytest.raises(NewsUnavailable):
            await call
    assert not service.sends


def test_a_target_is_shown_while_its_subscription_is_there(service: NewsService) -> None:
    assert service.shown_target(SUBSCRIPTION) == "sns:orders"
    assert service.shown_target("ffffffffffff") is None
