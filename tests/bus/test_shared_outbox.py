"""What is the bus's alone of the outbox; what each does, `tests/usecases/news` holds it to."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from handrail.bus.shared_outbox import SharedOutbox
from handrail.core.errors import OutboxFull, Unavailable
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter
from tests.bus.conftest import OpenBus
from tests.bus_server import BusServer
from tests.fakes import BEGIN, FakeClock
from tests.outboxes import ORDER, Outboxes, news_of, up_to
from tests.usecases.news.leading import Told, check_outbox, lead

BODY = "x" * 1000


async def test_what_is_too_much_is_refused_and_the_position_stays(
    replica: OpenBus, bus_server: BusServer
) -> None:
    outbox = SharedOutbox(await replica(bus_server), FakeClock(), most_bytes=4000)
    await outbox.put(up_to(2), [news_of(1, body=BODY), news_of(2, body=BODY)])
    with pytest.raises(OutboxFull) as refused:
        await outbox.put(up_to(4), [news_of(3, body=BODY), news_of(4, body=BODY)])
    assert refused.value.retry_after_s
    assert await outbox.find(ORDER) == up_to(2)
    assert (await outbox.counts()).waiting == 2
    for delivery in (news_of(1), news_of(2)):
        await outbox.done(delivery)
    await outbox.put(up_to(4), [news_of(3, body=BODY), news_of(4, body=BODY)])
    assert await outbox.find(ORDER) == up_to(4)


async def test_dead_letters_make_room_the_oldest_first_and_the_log_says_so(
    replica: OpenBus, bus_server: BusServer
) -> None:
    outbox = SharedOutbox(await replica(bus_server), FakeClock(), most_bytes=4500)
    with capture_logs() as lines:
        for event_id in range(1, 6):
            await outbox.put(up_to(event_id), [news_of(event_id, body=BODY)])
            await outbox.bury(DeadLetter(news_of(event_id, body=BODY), BEGIN))
    letters = (await outbox.letters(10, None)).items
    assert [each.delivery.event_id for each in letters] == [5, 4, 3]
    told = [line["letters"] for line in lines if "forgotten" in line["event"]]
    assert sum(told) == 2


async def test_an_emptied_bus_has_lost_what_waited_and_takes_news_anew(
    replica: OpenBus, new_bus_server: Callable[..., BusServer]
) -> None:
    server = new_bus_server()
    outbox = SharedOutbox(await replica(server), FakeClock())
    await outbox.put(up_to(1), [news_of(1)])
    with server.blocking() as client:
        client.flushall()
    assert await outbox.find(ORDER) is None
    assert await outbox.due(BEGIN, 10) == []
    await outbox.put(up_to(1), [news_of(1)])
    assert len(await outbox.due(BEGIN, 10)) == 1


async def test_a_bus_that_is_away_says_so(
    replica: OpenBus, new_bus_server: Callable[..., BusServer]
) -> None:
    server = new_bus_server()
    outbox = SharedOutbox(await replica(server, answer_s=0.1), FakeClock())
    server.kill()
    for call in (outbox.lead("a", 15), outbox.put(up_to(1), [news_of(1)]), outbox.counts()):
        with pytest.raises(Unavailable):
            await call


async def test_no_key_may_expire(replica: OpenBus, bus_server: BusServer) -> None:
    """A server that evicts what may expire, as ElastiCache does, spares them."""
    bus = await replica(bus_server)
    outbox = SharedOutbox(bus, FakeClock())
    await outbox.put(up_to(2), [news_of(1), news_of(2), news_of(1, ExecutionId("o", "2"))])
    await outbox.retry(replace(news_of(1), attempts=1))
    await outbox.done(news_of(1))
    await outbox.bury(DeadLetter(news_of(2), BEGIN))
    await outbox.put(up_to(3, ended=True), [])
    with bus_server.blocking() as client:
        keys = list(client.scan_iter(f"{bus.key('news')}:*"))
        assert len(keys) > 5
        assert {client.pttl(key) for key in keys} == {-1}


async def test_what_another_version_wrote_is_passed_over(
    replica: OpenBus, bus_server: BusServer
) -> None:
    bus = await replica(bus_server)
    outbox = SharedOutbox(bus, FakeClock())
    await outbox.put(up_to(1), [news_of(1)])
    with bus_server.blocking() as client:
        (member,) = client.hkeys(bus.key("news", "deliveries"))
        client.hset(bus.key("news", "deliveries"), member, b'0 {"of": "another version"}')
    with capture_logs() as lines:
        assert await outbox.due(BEGIN, 10) == []
    assert [line["event"] for line in lines] == ["stored news unreadable"]


@pytest.mark.parametrize("gone", ["deliveries", "letters", "counts", "order", "heads", "since"])
async def test_whichever_key_a_full_server_throws_away_the_outbox_goes_on(
    gone: str, replica: OpenBus, bus_server: BusServer
) -> None:
    """And no script turns in a circle."""
    bus = await replica(bus_server)
    outbox = SharedOutbox(bus, FakeClock(), most_bytes=4500)
    await outbox.put(up_to(2), [news_of(1, body=BODY), news_of(2, body=BODY)])
    await outbox.bury(DeadLetter(news_of(1, body=BODY), BEGIN))
    with bus_server.blocking() as client:
        client.delete(bus.key("news", gone))
    other = ExecutionId("orders", "other")
    await outbox.put(up_to(2, other), [news_of(1, other, body=BODY), news_of(2, other, body=BODY)])
    assert news_of(1, other, body=BODY) in list(await outbox.due(BEGIN, 10))
    await outbox.bury(DeadLetter(news_of(1, other, body=BODY), BEGIN))
    await outbox.done(news_of(2, other))
    await outbox.drop(news_of(1, other).key)
    await outbox.letters(10, None)
    await outbox.counts()
    await outbox.revive(news_of(2).key)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_cluster_takes_all_of_it(cluster_outboxes: Outboxes) -> None:
    """Each script's keys are on one node."""
    outbox, clock, told = cluster_outboxes.replica(), cluster_outboxes.clock, Told(ORDER)
    assert await outbox.lead("a", 15)
    await outbox.set_watermark("orders", BEGIN)
    assert await outbox.watermark("orders") == BEGIN
    await lead(outbox, clock, told)
    await check_outbox(outbox, told)
    (letter,) = (await outbox.letters(10, None)).items
    assert await outbox.followed() == []
    assert await outbox.revive(letter.delivery.key) is not None
    assert await outbox.next_due_at() == clock.now()
    assert await outbox.drop(letter.delivery.key)
    assert (await outbox.counts()).by_machine == {}
    await outbox.resign("a")
    assert await outbox.lead("b", 15)
