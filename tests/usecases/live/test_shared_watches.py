"""One reader an execution in the fleet: who reads, who follows, and what becomes of either."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from handrail.core.reader_lease import ASK_S
from handrail.usecases.live import Level
from handrail.usecases.live.watched_execution import WatchState
from tests.core.histories import History, items_of
from tests.fakes import map_run, map_run_arn, unread

from .fleet import THIS, Fleet, Replica
from .stage import ID, truth


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet()
    yield fleet
    await fleet.close()


async def test_three_replicas_read_as_often_as_one(fleet: Fleet) -> None:
    counts = []
    for replicas in (1, 3):
        each = Fleet()
        history = each.stage.execution()
        followers = [await each.replica().subscribed() for _ in range(replicas)]
        for _ in range(20):
            history.main.task("Charge")
            await each.clock.advance(1.0)
        assert all(follower.holds == truth(history.events) for follower in followers)
        counts.append(each.reads)
        await each.close()
    assert counts[1] <= counts[0]


async def test_what_came_by_the_bus_is_as_late_as_its_event_is_old(fleet: Fleet) -> None:
    history, (reader, follower) = await idle(fleet)
    assert reader.hub.watchers_in(WatchState.READ) == 1
    assert follower.hub.watchers_in(WatchState.FOLLOWED) == 1
    history.main.task("Charge")
    await fleet.clock.advance(20.0)
    assert {source for source, _ in reader.lags} == {"read"}
    [(source, lag_s)] = follower.lags
    assert source == "bus"
    age = fleet.clock.now() - history.events[-1].at
    assert age.total_seconds() - 20.0 <= lag_s <= age.total_seconds()


async def test_a_fresh_replica_shows_what_another_read_without_a_call(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    history.main.task("Charge")
    await fleet.replica().subscribed()
    await fleet.clock.advance(0.2)
    before = fleet.reads
    newcomer = await fleet.replica().subscribed()
    assert newcomer.holds == truth(history.events)
    assert fleet.reads == before


async def idle(fleet: Fleet) -> tuple[History, tuple[Replica, Replica]]:
    """The first reads for both, and seldom: nothing changed for long."""
    history = fleet.stage.execution()
    replicas = fleet.replica(), fleet.replica()
    for replica in replicas:
        await replica.subscribed()
    await fleet.clock.advance(120.0)
    assert fleet.server.reader_of(THIS) == replicas[0].bus.name
    return history, replicas


async def fresh(replica: Replica) -> int:
    """Up to which event a request is answered that wants the newest."""
    async with replica.hub.watching(ID) as watcher:
        return watcher.require_feed().position


async def test_a_request_is_answered_by_what_another_read_a_moment_ago(fleet: Fleet) -> None:
    fleet.stage.execution()
    first, second = fleet.replica(), fleet.replica()
    await first.subscribed()
    await second.subscribed()
    await fleet.clock.advance(1.1)
    await first.hub.nudge(THIS)
    await fleet.clock.advance(0.1)
    with fleet.no_reads():
        assert await fresh(second) == 1


async def test_a_request_has_whoever_reads_read_now(fleet: Fleet) -> None:
    history, (first, second) = await idle(fleet)
    history.main.task("Charge")
    before = fleet.reads
    answer = asyncio.ensure_future(fresh(second))
    await fleet.clock.advance(0.2)
    assert await answer == len(history.events)
    assert fleet.reads == before + 1
    assert fleet.server.reader_of(THIS) == first.bus.name


async def test_a_request_doesnt_wait_for_a_reader_that_is_gone(fleet: Fleet) -> None:
    history, (first, second) = await idle(fleet)
    await first.killed()
    history.main.task("Charge")
    answer = asyncio.ensure_future(fresh(second))
    await fleet.clock.advance(ASK_S + 0.1)
    assert await answer == len(history.events)


async def test_what_is_older_than_a_known_change_isnt_fresh(fleet: Fleet) -> None:
    history, (first, second) = await idle(fleet)
    await first.hub.nudge(THIS)
    await fleet.clock.advance(0.1)
    fleet.stage.histories.hold()
    history.main.task("Charge")
    await second.hub.nudge(THIS)
    answer = asyncio.ensure_future(fresh(second))
    await fleet.clock.advance(0.1)
    assert not answer.done()
    fleet.stage.histories.release()
    await fleet.clock.advance(ASK_S + 0.1)
    assert await answer == len(history.events)


async def test_an_idle_follower_costs_the_bus_little_and_aws_nothing(fleet: Fleet) -> None:
    _, (_, second) = await idle(fleet)
    before = second.bus.trips
    await fleet.clock.advance(60.0)
    assert 25 <= second.bus.trips - before <= 60


async def test_what_nobody_knows_of_is_missing_for_all(fleet: Fleet) -> None:
    first, second = fleet.replica(), fleet.replica()
    for replica in (first, second):
        follower = await replica.subscribed("orders:nobody")
        await fleet.clock.advance(5.0)
        assert unread(follower.subscription.failure) == "execution_not_found"


async def test_a_follower_promises_what_the_reader_does(fleet: Fleet) -> None:
    _, (first, second) = await idle(fleet)
    await fleet.clock.advance(2.5)
    assert first.hub.promised_s == second.hub.promised_s > 0


async def test_a_map_run_is_counted_once(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=3)
    track.then("MapRunStarted", mapRunArn=map_run_arn("each"))
    followers = [await fleet.replica().subscribed() for _ in range(3)]
    fleet.stage.map_runs.runs[map_run_arn("each")] = map_run(succeeded=2, failed=1)
    track.then("MapRunSucceeded")
    await fleet.clock.advance(2.0)
    followers.append(await fleet.replica().subscribed())
    for follower in followers:
        assert follower.holds["states"]["Each"]["items"] == items_of(3, succeeded=2, failed=1)
    assert len(fleet.stage.map_runs.calls) == 1


async def test_three_hundred_watches_come_to_a_fresh_replica_without_a_call(fleet: Fleet) -> None:
    ids = [f"orders:{number}" for number in range(300)]
    histories = {id: fleet.stage.execution(id) for id in ids}
    first = fleet.replica()
    for id in ids:
        first.hub.subscribe(id, id=id, after=None, level=Level.STATES, wake=lambda: None)
    await fleet.clock.advance(1.0)
    newcomer = fleet.replica()
    with fleet.no_reads():
        followers = [await newcomer.subscribed(id) for id in ids]
        await fleet.clock.advance(0.1)
        for id, follower in zip(ids, followers, strict=True):
            assert follower.holds == truth(histories[id].events, id)


async def test_a_restarted_replica_shows_at_once_what_it_read_before(fleet: Fleet) -> None:
    history, (first, second) = await idle(fleet)
    await first.killed()
    await second.killed()
    again = fleet.replica()
    with fleet.no_reads():
        assert (await again.subscribed()).holds == truth(history.events)


async def test_who_comes_back_in_a_moment_follows_who_reads_now(fleet: Fleet) -> None:
    history, (first, second) = await idle(fleet)
    (watcher,) = first.hub.all_watchers
    for subscription in tuple(watcher.subscriptions):
        subscription.close()
    await fleet.clock.advance(0.3)
    assert fleet.server.reader_of(THIS) == second.bus.name
    with fleet.no_reads():
        follower = await first.subscribed()
        await fleet.clock.advance(0.2)
        assert follower.holds == truth(history.events)


async def test_who_waits_for_a_read_of_its_own_is_shown_what_another_read_meanwhile() -> None:
    """It lost its lease while its read waited for its turn."""
    fleet = Fleet()
    history = fleet.stage.execution()
    first = fleet.replica(reads_per_s=0.01, burst=1)
    losing = await first.subscribed()
    await fleet.clock.advance(1.0)
    assert fleet.server.reader_of(THIS) == first.bus.name
    history.main.task("Charge")
    fleet.server.watches[THIS].reader = None
    second = fleet.replica()
    reading = await second.subscribed()
    await fleet.clock.advance(3.0)
    assert fleet.server.reader_of(THIS) == second.bus.name
    assert losing.holds == reading.holds == truth(history.events)
    await fleet.close()
