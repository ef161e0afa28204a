"""What every outbox must do: each test runs once an implementation of `tests/outboxes.py`."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.errors import InvalidRequest
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter, Delivery
from handrail.core.news.news_outbox import Followed, Outbox
from tests.fakes import BEGIN, FakeClock
from tests.outboxes import ORDER, Outboxes, news_of, up_to

pytestmark = pytest.mark.asyncio(loop_scope="session")

OTHER = ExecutionId("orders", "other")
CHILD = ExecutionId("orders", "child.1", label="Each")
A_DAY = 24 * 3600.0


@pytest.fixture
def outbox(outboxes: Outboxes) -> Outbox:
    return outboxes.replica()


@pytest.fixture
def clock(outboxes: Outboxes) -> FakeClock:
    return outboxes.clock


async def due(outbox: Outbox, clock: FakeClock, limit: int = 100) -> list[int]:
    return sorted(each.event_id for each in await outbox.due(clock.now(), limit))


async def bury(outbox: Outbox, clock: FakeClock, delivery: Delivery) -> DeadLetter:
    letter = DeadLetter(replace(delivery, attempts=9, problem="It answers 410."), clock.now())
    await outbox.bury(letter)
    return letter


async def all_letters(outbox: Outbox, limit: int) -> Sequence[DeadLetter]:
    found, page = list[DeadLetter](), None
    while True:
        letters = await outbox.letters(limit, page)
        found += letters.items
        if (page := letters.next_token) is None:
            return found
        assert len(letters.items) == limit


async def test_what_was_put_comes_back_as_it_was(outbox: Outbox, clock: FakeClock) -> None:
    body = '{"type":"execution.failed","data":{"cause":"größer"}}'
    put = news_of(5, CHILD, body=body)
    await outbox.put(up_to(5, CHILD), [put])
    assert list(await outbox.due(clock.now(), 10)) == [put]


async def test_one_delivery_of_a_lane_is_due_at_a_time_in_the_order_of_events(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(12), [news_of(12), news_of(4), news_of(9)])
    await outbox.put(up_to(20), [news_of(20)])
    seen = []
    while first := await outbox.due(clock.now(), 10):
        assert len(first) == 1
        seen.append(first[0].event_id)
        await outbox.done(first[0])
    assert seen == [4, 9, 12, 20]


async def test_lanes_wait_for_none_of_the_others(outbox: Outbox, clock: FakeClock) -> None:
    others = [news_of(6, subscription="ba9876543210"), news_of(7, OTHER)]
    await outbox.put(up_to(6), [news_of(5), news_of(6), others[0]])
    await outbox.put(up_to(7, OTHER), [others[1]])
    assert await due(outbox, clock) == [5, 6, 7]
    assert len(await outbox.due(clock.now(), 2)) == 2


async def test_a_failed_one_is_due_later_and_holds_up_its_lane(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(6), [news_of(5), news_of(6)])
    later = clock.now() + timedelta(seconds=30)
    failed = replace(news_of(5), attempts=1, due_at=later, problem="It answers 503.")
    await outbox.retry(failed)
    assert await due(outbox, clock) == []
    assert await outbox.next_due_at() == later
    assert list(await outbox.waiting(10)) == [failed]
    await clock.advance(30)
    assert list(await outbox.due(clock.now(), 10)) == [failed]
    await outbox.done(failed)
    assert await due(outbox, clock) == [6]


async def test_those_of_busy_subscriptions_stand_in_nobody_s_way(
    outbox: Outbox, clock: FakeClock
) -> None:
    busy, other = "b" * 12, "ba9876543210"
    many = [news_of(n, ExecutionId("orders", f"n{n}"), subscription=busy) for n in range(3)]
    for each in many:
        await outbox.put(up_to(9, each.execution), [each])
    later = replace(news_of(5, subscription=other), due_at=clock.now() + timedelta(seconds=1))
    await outbox.put(up_to(5), [later])
    await clock.advance(2)
    assert [each.subscription for each in await outbox.due(clock.now(), 1)] == [busy]
    assert list(await outbox.due(clock.now(), 1, without=[busy])) == [later]
    assert list(await outbox.due(clock.now(), 9, without=[busy, other])) == []
    assert await outbox.next_due_at(without=[busy]) == later.due_at
    assert await outbox.next_due_at(without=[busy, other]) is None


async def test_nothing_is_due_where_nothing_waits(outbox: Outbox, clock: FakeClock) -> None:
    assert await outbox.next_due_at() is None
    await outbox.put(up_to(5), [news_of(5)])
    assert await outbox.next_due_at() == BEGIN
    await outbox.done(news_of(5))
    assert await outbox.next_due_at() is None
    assert await due(outbox, clock) == []


async def test_the_same_key_twice_changes_nothing(outbox: Outbox, clock: FakeClock) -> None:
    await outbox.put(up_to(5), [news_of(5, body="1")])
    await outbox.put(up_to(6), [news_of(5, body="2"), news_of(6)])
    (first,) = await outbox.due(clock.now(), 10)
    assert first.body == "1"
    assert (await outbox.counts()).waiting == 2


@pytest.mark.parametrize("how", ["done", "dropped", "buried"])
async def test_a_key_is_known_for_a_day_after_it_was_done(
    outbox: Outbox, clock: FakeClock, how: str
) -> None:
    await outbox.put(up_to(5), [news_of(5)])
    if how == "done":
        await outbox.done(news_of(5))
    elif how == "dropped":
        assert await outbox.drop(news_of(5).key)
    else:
        await bury(outbox, clock, news_of(5))
    await clock.advance(A_DAY)
    await outbox.put(up_to(7), [news_of(5), news_of(7)])
    assert await due(outbox, clock) == [7]


async def test_an_execution_that_takes_a_name_again_has_news_of_its_own(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(5, ended=True), [news_of(5)])
    await outbox.done(news_of(5))
    anew = Followed(ORDER, BEGIN + timedelta(seconds=60), 3)
    await outbox.put(anew, [news_of(3, begun_s=60), news_of(5, begun_s=60)])
    assert await outbox.find(ORDER) == anew
    assert await due(outbox, clock) == [3]
    assert (await outbox.counts()).waiting == 2


async def test_a_stale_put_moves_a_position_never_back(outbox: Outbox) -> None:
    await outbox.put(up_to(9), [])
    await outbox.put(up_to(7), [])
    await outbox.put(Followed(ORDER, BEGIN - timedelta(seconds=60), 30), [])
    assert await outbox.find(ORDER) == up_to(9)


async def test_a_start_may_be_dated_a_little_otherwise(outbox: Outbox) -> None:
    await outbox.put(up_to(9), [])
    a_little = BEGIN + timedelta(milliseconds=80)
    await outbox.put(Followed(ORDER, a_little, 7), [])
    assert await outbox.find(ORDER) == up_to(9)


async def test_an_end_is_told_at_the_same_position_and_taken_back_by_a_redrive_alone(
    outbox: Outbox,
) -> None:
    await outbox.put(up_to(9), [])
    await outbox.put(up_to(9, ended=True), [])
    await outbox.put(up_to(9), [])
    assert await outbox.find(ORDER) == up_to(9, ended=True)
    await outbox.put(up_to(10), [])
    assert await outbox.find(ORDER) == up_to(10)


async def test_those_that_run_are_followed_and_those_that_ended_are_remembered_for_a_day(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(3), [])
    await outbox.put(up_to(4, OTHER, ended=True), [])
    assert list(await outbox.followed()) == [up_to(3)]
    await clock.advance(A_DAY)
    assert await outbox.find(OTHER) == up_to(4, OTHER, ended=True)
    await clock.advance(A_DAY)
    await outbox.put(up_to(4), [])
    assert await outbox.find(OTHER) is None
    assert await outbox.find(ORDER) == up_to(4)
    assert await outbox.find(CHILD) is None


async def test_a_machine_s_watermark_is_kept(outbox: Outbox) -> None:
    assert await outbox.watermark("orders") is None
    await outbox.set_watermark("orders", BEGIN)
    assert await outbox.watermark("orders") == BEGIN
    assert await outbox.watermark("refunds") is None


async def test_a_letter_is_shown_and_its_lane_goes_on(outbox: Outbox, clock: FakeClock) -> None:
    await outbox.put(up_to(6), [news_of(5), news_of(6)])
    letter = await bury(outbox, clock, news_of(5))
    assert list((await outbox.letters(10, None)).items) == [letter]
    assert await due(outbox, clock) == [6]


async def test_letters_come_page_by_page_the_newest_first(outbox: Outbox, clock: FakeClock) -> None:
    for event_id in range(1, 8):
        await outbox.put(up_to(event_id), [news_of(event_id)])
        await bury(outbox, clock, news_of(event_id))
        if event_id not in {3, 4, 5}:  # these are given up at one moment
            await clock.advance(60)
    for limit in (1, 2, 3, 10):
        found = [each.delivery.event_id for each in await all_letters(outbox, limit)]
        assert found[:2] == [7, 6]
        assert set(found[2:-2]) == {3, 4, 5}
        assert found[-2:] == [2, 1]
    with pytest.raises(InvalidRequest):
        await outbox.letters(10, "no token")


async def test_letters_go_after_two_weeks(outbox: Outbox, clock: FakeClock) -> None:
    await outbox.put(up_to(5), [news_of(5)])
    await bury(outbox, clock, news_of(5))
    await clock.advance(14 * A_DAY + 60)
    await outbox.put(up_to(6), [news_of(6)])
    assert (await outbox.letters(10, None)).items == ()


async def test_a_letter_is_revived_as_one_that_is_due_and_was_never_tried(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(6), [news_of(5), news_of(6)])
    await bury(outbox, clock, news_of(5))
    await clock.advance(A_DAY)
    revived = await outbox.revive(news_of(5).key)
    now = clock.now()
    assert revived == replace(news_of(5), created_at=now, due_at=now)
    assert list(await outbox.due(now, 10)) == [revived]  # its event is before the other one
    assert (await outbox.letters(10, None)).items == ()
    await outbox.done(revived)
    assert await due(outbox, clock) == [6]
    await outbox.put(up_to(7), [news_of(5)])
    assert await due(outbox, clock) == [6]


async def test_what_waits_is_due_at_once_when_it_is_revived(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(5), [news_of(5)])
    await outbox.retry(replace(news_of(5), attempts=3, due_at=clock.now() + timedelta(hours=5)))
    revived = await outbox.revive(news_of(5).key)
    assert revived == replace(news_of(5), attempts=3, due_at=clock.now())
    assert list(await outbox.due(clock.now(), 10)) == [revived]


async def test_what_is_gone_is_neither_revived_nor_dropped(
    outbox: Outbox, clock: FakeClock
) -> None:
    await outbox.put(up_to(5), [news_of(5)])
    await outbox.done(news_of(5))
    for key in (news_of(5).key, news_of(6).key):
        assert await outbox.revive(key) is None
        assert not await outbox.drop(key)


async def test_a_letter_or_one_that_waits_is_dropped(outbox: Outbox, clock: FakeClock) -> None:
    await outbox.put(up_to(7), [news_of(5), news_of(6), news_of(7)])
    await bury(outbox, clock, news_of(5))
    assert await outbox.drop(news_of(5).key)
    assert await outbox.drop(news_of(7).key)
    assert await due(outbox, clock) == [6]
    counts = await outbox.counts()
    assert (counts.waiting, counts.dead) == (1, 0)


async def test_those_that_wait_and_letters_are_counted_by_machine(
    outbox: Outbox, clock: FakeClock
) -> None:
    refund = ExecutionId("refunds", "1")
    await outbox.put(up_to(6), [news_of(5), news_of(6)])
    await clock.advance(10)
    await outbox.put(up_to(2, refund), [news_of(2, refund), news_of(1, refund)])
    await bury(outbox, clock, news_of(1, refund))
    counts = await outbox.counts()
    assert (counts.waiting, counts.dead) == (3, 1)
    assert counts.by_machine == {"orders": (2, 0), "refunds": (1, 1)}
    assert counts.oldest_at == BEGIN
    for delivery in (news_of(5), news_of(6), news_of(2, refund)):
        await outbox.done(delivery)
    assert await outbox.drop(news_of(1, refund).key)
    counts = await outbox.counts()
    assert (counts.waiting, counts.dead, counts.oldest_at) == (0, 0, None)
    assert set(counts.by_machine.values()) <= {(0, 0)}


async def test_a_stale_leader_brings_back_nothing(outbox: Outbox, clock: FakeClock) -> None:
    """Who doesn't know yet that another has done it."""
    await outbox.put(up_to(5), [news_of(5)])
    await outbox.done(news_of(5))
    await outbox.retry(replace(news_of(5), attempts=2))
    await bury(outbox, clock, news_of(5))
    await outbox.done(news_of(5))
    counts = await outbox.counts()
    assert (counts.waiting, counts.dead) == (0, 0)
    assert await due(outbox, clock) == []


async def test_many_deliveries_are_put_and_the_position_moves(
    outbox: Outbox, clock: FakeClock
) -> None:
    many = [
        news_of(event_id, subscription=subscription, body="x" * 100)
        for event_id in range(1, 19)
        for subscription in ("a" * 12, "b" * 12)
    ]
    await outbox.put(up_to(18), many)
    assert (await outbox.counts()).waiting == 36
    assert await outbox.find(ORDER) == up_to(18)
    await outbox.put(up_to(19), [*many, news_of(19, subscription="a" * 12)])
    assert (await outbox.counts()).waiting == 37
    assert await due(outbox, clock) == [1, 1]


async def test_one_of_a_fleet_leads_until_its_lease_ends(outboxes: Outboxes) -> None:
    first, second = outboxes.replica(), outboxes.replica()
    assert await first.lead("a", 15)
    assert not await second.lead("b", 15)
    await outboxes.clock.advance(10)
    assert await first.lead("a", 15)
    await outboxes.clock.advance(10)
    assert not await second.lead("b", 15)  # it was renewed
    await outboxes.clock.advance(16)
    assert await second.lead("b", 15)
    assert not await first.lead("a", 15)


async def test_whoever_resigns_is_followed_at_once(outboxes: Outboxes) -> None:
    first, second = outboxes.replica(), outboxes.replica()
    assert await first.lead("a", 15)
    await second.resign("b")
    assert not await second.lead("b", 15)
    await first.resign("a")
    assert await second.lead("b", 15)


async def test_of_many_who_ask_at_once_one_leads(outboxes: Outboxes) -> None:
    replicas = {str(number): outboxes.replica() for number in range(5)}
    async with asyncio.timeout(20):
        leads = await asyncio.gather(*(each.lead(name, 15) for name, each in replicas.items()))
    assert sum(leads) == 1


async def test_puts_and_ends_at_once_leave_nothing_out(outboxes: Outboxes) -> None:
    """One leader sends while the other, who doesn't know it is stale, puts the same."""
    first, second, clock = outboxes.replica(), outboxes.replica(), outboxes.clock
    await first.put(up_to(1), [news_of(1)])
    async with asyncio.timeout(20):
        await asyncio.gather(
            first.done(news_of(1)),
            first.put(up_to(3), [news_of(2), news_of(3)]),
            second.put(up_to(2), [news_of(1), news_of(2)]),
            second.put(up_to(3), [news_of(3)]),
        )
    assert await first.find(ORDER) == up_to(3)
    seen = list[int]()
    while found := await second.due(clock.now(), 10):
        seen += [each.event_id for each in found]
        await second.done(found[0])
    assert seen == [2, 3]
