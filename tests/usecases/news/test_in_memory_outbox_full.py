"""What a process's memory takes of news, and how long it remembers."""

import pytest

from handrail.core.errors import OutboxFull
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from tests.fakes import BEGIN, FakeClock
from tests.outboxes import ORDER, news_of, up_to

BODY = "x" * 1000


async def test_what_is_too_much_is_refused_and_changes_nothing() -> None:
    outbox = InMemoryOutbox(FakeClock(), most_bytes=2500)
    await outbox.put(up_to(2), [news_of(1, body=BODY), news_of(2, body=BODY)])
    with pytest.raises(OutboxFull):
        await outbox.put(up_to(3), [news_of(3, body=BODY)])
    assert await outbox.find(ORDER) == up_to(2)
    await outbox.put(up_to(3), [news_of(1, body=BODY)])  # which is there
    await outbox.done(news_of(1))
    await outbox.put(up_to(4), [news_of(3, body=BODY)])
    assert (await outbox.counts()).waiting == 2


async def test_dead_letters_make_room_the_oldest_first() -> None:
    outbox = InMemoryOutbox(FakeClock(), most_bytes=2500)
    for event_id in (1, 2):
        await outbox.put(up_to(event_id), [news_of(event_id, body=BODY)])
        await outbox.bury(DeadLetter(news_of(event_id, body=BODY), BEGIN))
    await outbox.put(up_to(3), [news_of(3, body=BODY)])
    letters = (await outbox.letters(10, None)).items
    assert [each.delivery.event_id for each in letters] == [2]


async def test_many_that_were_done_are_forgotten_the_oldest_first() -> None:
    outbox = InMemoryOutbox(FakeClock(), most_remembered=2)
    orders = [news_of(1, ExecutionId("orders", str(number))) for number in range(3)]
    for each in orders:
        await outbox.put(up_to(1, each.execution), [each])
        await outbox.done(each)
    await outbox.put(up_to(1), orders)
    assert list(await outbox.due(BEGIN, 10)) == orders[:1]
