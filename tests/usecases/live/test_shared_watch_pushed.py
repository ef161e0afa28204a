"""Replicas that are pushed to and share a bus: both bring the same events."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from itertools import product
from uuid import UUID

import pytest

from handrail.core.models import Cursor, HistoryEvent
from handrail.core.reader_lease import LEASE_S
from handrail.usecases.live import Feed
from tests.fakes import run_until_idle
from tests.usecases.settling import DEFINITION

from .fleet import THIS, Fleet, Replica
from .pushing import pushed, without_data
from .stage import EPOCH, ID, truth

TOKEN = str(UUID(int=0x5EC2E7))


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet()
    yield fleet
    await fleet.close()


async def reached(fleet: Fleet) -> Replica:
    """One more replica, to which pushes come."""
    replica = fleet.replica()
    replica.hub.push_state(True, 0.0)
    await replica.hub.account()
    return replica


async def push(replicas: Iterable[Replica], events: Iterable[HistoryEvent]) -> None:
    for event in events:
        for replica in replicas:
            replica.hub.pushed(pushed(event))
    await run_until_idle()


async def test_what_is_pushed_to_the_reader_is_there_for_who_comes(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    first = await reached(fleet)
    follower = await first.subscribed()
    known = len(history.events)
    for _ in range(3):
        history.main.task("Charge")
    await push([first], history.events[known:])
    await fleet.clock.advance(0.2)
    with fleet.no_reads():
        newcomer = await (await reached(fleet)).subscribed()
        assert newcomer.holds == follower.holds == truth(history.events)


async def test_pushes_to_all_cost_no_reads(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    replicas = [await reached(fleet) for _ in range(3)]
    followers = [await replica.subscribed() for replica in replicas]
    await fleet.clock.advance(1.0)
    known = len(history.events)
    history.main.task("Charge")
    await push(replicas, history.events[known:])
    with fleet.no_reads():
        for _ in range(20):
            known = len(history.events)
            history.main.task("Charge")
            await push(replicas, history.events[known:])
            await fleet.clock.advance(1.0)
        for follower in followers:
            assert follower.holds == truth(history.events)
    assert sorted(fleet.server.watches[THIS].events) == [event.id for event in history.events]


async def polled(replica: Replica, after: Cursor) -> Cursor:
    """What a long-poll answers that waits for more than it knows."""
    async with replica.hub.watching(ID, after=after, waits=True, patience_s=20.0) as watcher:

        def more(feed: Feed) -> bool:
            return feed.position > after.event_id

        feed = await replica.hub.wait_until(watcher, more, timeout_s=20.0)
        return feed.cursor(feed.position)


async def test_long_polls_cost_no_more_reads_at_three_replicas_than_at_one() -> None:
    counts = []
    for count in (1, 3):
        fleet = Fleet()
        history = fleet.stage.execution()
        replicas = [await reached(fleet) for _ in range(count)]
        other = fleet.stage.execution("orders:other")
        other.main.task("Charge")
        for event, replica in product(other.events, replicas):
            replica.hub.pushed(pushed(event, "orders:other"))
        cursor = Cursor(EPOCH, 1)
        for second in range(12):
            asking = asyncio.ensure_future(polled(replicas[second % count], cursor))
            await fleet.clock.advance(0.5)
            known = len(history.events)
            history.main.task("Charge")
            for replica in replicas:
                await push([replica], history.events[known:])
                await fleet.clock.advance(0.1)
            await fleet.clock.advance(0.2)
            cursor = await asking
        counts.append(fleet.reads)
        await fleet.close()
    assert counts[1] <= counts[0] == 1


async def test_a_poll_with_a_cursor_that_pushes_reach_in_a_moment_costs_no_read(
    fleet: Fleet,
) -> None:
    """It was answered by a replica that was pushed to sooner."""
    history = fleet.stage.execution()
    first, second = [await reached(fleet) for _ in range(2)]
    await first.subscribed()
    await second.subscribed()
    await push([first, second], history.main.task("Charge").history.events[1:])
    await fleet.clock.advance(40.0)
    known = len(history.events)
    history.main.task("Refund")
    with fleet.no_reads():
        polls = [
            asyncio.ensure_future(polled(second, Cursor(EPOCH, len(history.events) - behind)))
            for behind in (1, 0)
        ]
        await fleet.clock.advance(0.1)
        await push([second], history.events[known:])
        await fleet.clock.advance(0.3)
        assert await polls[0] == Cursor(EPOCH, len(history.events))
        assert not polls[1].done()
    polls[1].cancel()


async def test_where_a_reader_ends_a_follower_that_is_pushed_to_goes_on_without_a_read(
    fleet: Fleet,
) -> None:
    history = fleet.stage.execution()
    first, second = [await reached(fleet) for _ in range(2)]
    leading, follower = await first.subscribed(), await second.subscribed()
    await push([first, second], history.main.task("Charge").history.events[1:])
    await fleet.clock.advance(40.0)
    with fleet.no_reads():
        leading.subscription.close()
        await fleet.clock.advance(4.0)
        assert fleet.server.reader_of(THIS) == second.bus.name
        known = len(history.events)
        await push([second], history.main.task("Refund").history.events[known:])
        await fleet.clock.advance(0.2)
        assert follower.holds == truth(history.events)
    assert sorted(fleet.server.watches[THIS].events) == [event.id for event in history.events]


async def test_a_request_doesnt_wait_for_a_reader_that_only_lingers(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    first, second = [await reached(fleet) for _ in range(2)]
    leading = await first.subscribed()
    await push([first, second], history.main.task("Charge").history.events[1:])
    await second.subscribed()
    await fleet.clock.advance(40.0)
    leading.subscription.close()
    await fleet.clock.advance(2.0)
    assert fleet.server.reader_of(THIS) == first.bus.name
    before = fleet.reads

    async def shown() -> int:
        async with second.hub.watching(ID) as watcher:
            return watcher.require_feed().position

    asking = asyncio.ensure_future(shown())
    await fleet.clock.advance(0.3)
    assert asking.done()
    assert await asking == len(history.events)
    assert fleet.reads == before + 1


async def test_what_was_pushed_without_data_isnt_written_before_it_is_read(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    first = await reached(fleet)
    await first.subscribed()
    known = len(history.events)
    history.main.enter("Task", "Charge").schedule(parameters='{"card": 7}')
    for event in history.events[known:]:
        first.hub.pushed(without_data(event))
    await fleet.clock.advance(30.0)
    kept = b"".join(fleet.server.watches[THIS].events.values())
    ids = sorted(fleet.server.watches[THIS].events)
    assert ids == list(range(1, len(ids) + 1))
    assert (b"TaskScheduled" in kept) == (b"card" in kept)


async def test_a_follower_that_knows_no_tokens_folds_nothing_raw(fleet: Fleet) -> None:
    fleet.stage.machines.definitions["orders"] = json.dumps(DEFINITION)
    history = fleet.stage.execution()
    track = history.main.enter("Task", "Ask")
    parameters = json.dumps({"MessageBody": {"token": TOKEN}})
    resource = "sendMessage.waitForTaskToken"
    track.then("TaskScheduled", resourceType="sqs", resource=resource, parameters=parameters)
    first, second = await reached(fleet), await reached(fleet)
    await first.subscribed()
    follower = await second.subscribed()
    await fleet.clock.advance(0.2)
    follower.client.take_all(follower.subscription)
    known = len(history.events)
    track.then("TaskStarted").then("TaskSucceeded", output=json.dumps({"echo": TOKEN}))
    await push([second], history.events[known:])
    await first.hub.nudge(THIS)
    await fleet.clock.advance(LEASE_S)
    follower.client.take_all(follower.subscription)
    assert follower.client.events[-1] == len(history.events)
    assert second.hub._context.ahead.bytes == 0, "what came over the bus isn't kept besides"
    assert "[redacted]" in repr(follower.client.messages)
    assert TOKEN not in repr(follower.client.messages)
    assert TOKEN.encode() not in b"".join(fleet.server.watches[THIS].events.values())
