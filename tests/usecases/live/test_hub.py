"""Who looks at what, and that each thing is read once."""

import asyncio
from contextlib import suppress

import pytest

from service.core.errors import (
    Draining,
    ExecutionNotFound,
    Throttled,
    Unavailable,
    UnsupportedByType,
)
from service.core.messages import Message
from service.core.models import HistoryEvent
from service.usecases.live import Feed, Level, Watcher
from tests.fakes import settle, unread

from .stage import ID, Client, Stage, arn_of, cursor


async def shown(stage: Stage, id: str = ID) -> int:
    """The position of a snapshot asked for now."""
    async with stage.hub.held(id) as watcher:
        return watcher.known().position


async def test_two_hundred_subscribers_cost_the_reads_of_one() -> None:
    counts = []
    for subscribers in (1, 200):
        stage = Stage()
        history = stage.execution()
        for number in range(subscribers):
            stage.subscribe(sub_id=f"s{number}")
        for _ in range(10):
            history.main.task("Charge")
            await stage.clock.advance(0.5)
        counts.append((stage.read_count, stage.executions.calls, stage.hub.watchers))
        await stage.hub.close()
    assert counts[0] == counts[1]


async def test_subscribers_at_one_place_get_the_very_same_message(stage: Stage) -> None:
    history = stage.execution()
    subscriptions = [await stage.subscribed() for _ in range(50)]
    firsts = [subscription.next_message() for subscription in subscriptions]
    history.main.task("Charge")
    await stage.nudged()
    updates = [subscription.next_message() for subscription in subscriptions]
    for messages in (firsts, updates):
        assert isinstance(messages[0], Message)
        assert all(message is messages[0] for message in messages)


async def test_every_execution_has_its_own_watcher(stage: Stage) -> None:
    for id in ("orders:one", "orders:two"):
        stage.execution(id)
        await stage.subscribed(id)
    assert stage.hub.watchers == 2
    assert {read.arn for read in stage.histories.reads} == {arn_of("orders:one"), arn_of("orders:two")}


async def test_an_arn_and_an_id_are_the_same_execution(stage: Stage) -> None:
    stage.execution()
    await stage.subscribed(ID)
    subscription = await stage.subscribed(arn_of(ID))
    assert stage.hub.watchers == 1
    assert subscription.next_message() is not None


async def test_an_arn_of_elsewhere_names_nothing_here(stage: Stage) -> None:
    stage.execution()
    elsewhere = arn_of(ID).replace("eu-west-1", "us-east-1")
    subscription = await stage.subscribed(elsewhere)
    assert subscription.next_message() is None
    assert unread(subscription.failure) == "execution_not_found"
    with pytest.raises(ExecutionNotFound):
        await shown(stage, elsewhere)


async def test_what_is_no_id_is_refused_at_once(stage: Stage) -> None:
    with pytest.raises(ExecutionNotFound):
        stage.subscribe("nonsense")
    assert stage.hub.watchers == 0


async def test_a_full_hub_takes_what_it_watches_already_and_nothing_else() -> None:
    stage = Stage(max_watchers=1)
    stage.execution()
    await stage.subscribed()
    await stage.subscribed()
    with pytest.raises(Unavailable):
        stage.subscribe("orders:two")
    await stage.hub.close()


async def test_one_who_comes_between_two_reads_has_no_gap(stage: Stage) -> None:
    history = stage.execution()
    await stage.subscribed()
    history.main.enter("Task", "Charge")
    late, client = stage.subscribe(), Client()
    client.take_all(late)
    assert client.cursor == cursor(1)
    await stage.nudged()
    client.take_all(late)
    assert client.cursor == cursor(2)
    assert list(client.states) == ["Charge"]


async def test_one_who_resumes_is_told_what_changed_since(stage: Stage) -> None:
    history = stage.execution()
    history.main.task("Charge").task("Ship")
    client = Client()
    client.take_all(await stage.subscribed(after=cursor(6)))
    [subscribed, update] = client.messages
    assert subscribed["recovered"] is True
    assert subscribed["cursor"] == cursor(6)
    assert [state["state"] for state in update["states"]] == ["Ship"]


@pytest.mark.parametrize("after", [cursor(3, epoch=1), cursor(99), "rubbish", "", None])
async def test_one_with_an_unknown_cursor_starts_over(stage: Stage, after: str | None) -> None:
    stage.execution()
    client = Client()
    client.take_all(await stage.subscribed(after=after))
    [subscribed] = client.messages
    assert subscribed["recovered"] is False


async def test_events_are_recovered_only_while_they_are_kept() -> None:
    stage = Stage(log_bytes=1000)
    stage.execution().main.task("Charge")
    for after, level, recovered in (
        (2, Level.EVENTS, False),
        (2, Level.STATES, True),
        (5, Level.EVENTS, True),
    ):
        client = Client()
        client.take_all(await stage.subscribed(after=cursor(after), level=level))
        assert client.messages[0]["recovered"] is recovered
    await stage.hub.close()


async def test_a_snapshot_is_read_no_earlier_than_it_was_asked_for(stage: Stage) -> None:
    history = stage.execution()
    stage.histories.hold()
    early = asyncio.create_task(shown(stage))
    await settle()
    history.main.enter("Task", "Charge")
    late = asyncio.create_task(shown(stage))
    await settle()
    stage.histories.release()
    assert await late == 2
    assert stage.read_count == 2
    assert await early in {1, 2}


async def test_snapshots_asked_for_together_share_a_read(stage: Stage) -> None:
    stage.execution()
    assert await asyncio.gather(*(shown(stage) for _ in range(50))) == [1] * 50
    assert stage.read_count == 1


async def test_snapshots_asked_for_during_a_read_share_the_next(stage: Stage) -> None:
    stage.execution()
    stage.histories.hold()
    tasks = [asyncio.create_task(shown(stage))]
    await settle()
    tasks += [asyncio.create_task(shown(stage)) for _ in range(50)]
    await settle()
    stage.histories.release()
    assert await asyncio.gather(*tasks) == [1] * 51
    assert stage.read_count == 2


async def test_every_snapshot_of_a_watched_execution_is_read_for(stage: Stage) -> None:
    history = stage.execution()
    await stage.subscribed()
    for position in (2, 3, 4):
        history.main.enter("Pass", "A")
        assert await shown(stage) == position


async def test_one_who_stops_waiting_for_a_snapshot_disturbs_nobody(stage: Stage) -> None:
    stage.execution()
    stage.histories.hold()
    hasty, patient = (asyncio.create_task(shown(stage)) for _ in range(2))
    await settle()
    hasty.cancel()
    await settle()
    stage.histories.release()
    assert await patient == 1
    assert hasty.cancelled()


async def test_a_snapshot_raises_what_its_read_raised_and_the_next_may_succeed(
    stage: Stage,
) -> None:
    stage.execution()
    stage.histories.fail("read_page", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await shown(stage)
    assert await shown(stage) == 1


async def test_a_snapshot_of_what_doesnt_exist_raises(stage: Stage) -> None:
    with pytest.raises(ExecutionNotFound):
        await shown(stage, "orders:none")
    with pytest.raises(UnsupportedByType):
        await shown(stage, "orders:one:run")
    assert stage.hub.watchers == 0


async def test_a_held_watcher_is_kept_and_read_at_its_pace(stage: Stage) -> None:
    stage.execution()
    async with stage.hub.held(ID):
        before = stage.read_count
        await stage.clock.advance(2)
        assert stage.read_count - before == 8
    await stage.clock.advance(3.1)
    assert stage.hub.watchers == 0


class Wait:
    """One `until` under way."""

    def __init__(self, stage: Stage, position: int, timeout_s: float) -> None:
        self.task = asyncio.create_task(self._run(stage, position, timeout_s))

    async def _run(self, stage: Stage, position: int, timeout_s: float) -> int:
        def done(feed: Feed) -> bool:
            return feed.position >= position

        async with stage.hub.held(ID) as watcher:
            return (await stage.hub.until(watcher, done, timeout_s=timeout_s)).position


async def test_until_returns_at_once_where_it_is_done_already(stage: Stage) -> None:
    stage.execution()
    assert await Wait(stage, 1, 25).task == 1
    assert stage.clock.monotonic() == 0


async def test_until_returns_when_it_is_done(stage: Stage) -> None:
    history = stage.execution()
    wait = Wait(stage, 3, 25)
    await stage.clock.advance(1)
    history.main.enter("Task", "A")
    await stage.clock.advance(1)
    assert not wait.task.done()
    history.main.exit("Task", "A")
    await stage.clock.advance(0.3)
    assert await wait.task == 3


async def test_until_returns_what_it_has_after_the_timeout(stage: Stage) -> None:
    stage.execution()
    wait = Wait(stage, 99, 25)
    await stage.clock.advance(24.9)
    assert not wait.task.done()
    await stage.clock.advance(0.2)
    assert await wait.task == 1


async def test_until_is_told_of_a_drain(stage: Stage) -> None:
    stage.execution()
    wait = Wait(stage, 99, 25)
    await settle()
    stage.hub.drain()
    assert await wait.task == 1
    assert await Wait(stage, 99, 25).task == 1


async def test_until_doesnt_wait_on_a_watcher_that_failed(stage: Stage) -> None:
    stage.execution()
    wait = Wait(stage, 99, 25)
    await settle()
    stage.histories.fail("read_page", ZeroDivisionError())
    await stage.nudged()
    assert await wait.task == 1


async def test_until_costs_no_read_of_its_own(stage: Stage) -> None:
    stage.execution()
    await shown(stage)
    async with stage.hub.held(ID) as watcher:
        with stage.no_reads():
            waiting = asyncio.create_task(
                stage.hub.until(watcher, lambda feed: feed.ended, timeout_s=25)
            )
            await settle()
        waiting.cancel()
        await settle()


async def test_a_cancelled_until_leaves_nothing_behind(stage: Stage) -> None:
    stage.execution()
    wait = Wait(stage, 99, 25)
    await settle()
    wait.task.cancel()
    with suppress(asyncio.CancelledError):
        await wait.task
    await stage.clock.advance(3.1)
    assert stage.hub.watchers == 0


async def read_ids(watcher: Watcher, after: int, limit: int) -> list[int]:
    found: list[HistoryEvent] = await watcher.events(after, limit=limit)
    return [event.id for event in found]


@pytest.mark.parametrize("log_bytes", [0, 1000, 8 * 1024 * 1024])
async def test_events_are_answered_from_memory_or_read_again(log_bytes: int) -> None:
    stage = Stage(log_bytes=log_bytes)
    stage.execution().main.task("Charge")
    async with stage.hub.held(ID) as watcher:
        assert await read_ids(watcher, 0, 100) == [1, 2, 3, 4, 5, 6]
        assert await read_ids(watcher, 2, 3) == [3, 4, 5]
        assert await read_ids(watcher, 6, 3) == []
        assert await read_ids(watcher, 9, 3) == []
    await stage.hub.close()


async def test_events_in_memory_cost_no_read(stage: Stage) -> None:
    stage.execution().main.task("Charge")
    async with stage.hub.held(ID) as watcher:
        with stage.no_reads():
            await read_ids(watcher, 0, 100)


async def test_reading_events_again_stops_at_the_limit() -> None:
    stage = Stage(log_bytes=0)
    history = stage.execution()
    for _ in range(2000):
        history.main.visit("Pass", "Loop")
    async with stage.hub.held(ID) as watcher:
        before = stage.read_count
        assert await read_ids(watcher, 10, 50) == list(range(11, 61))
        assert stage.read_count - before == 1
    await stage.hub.close()


async def test_a_draining_hub_watches_nothing_new_but_goes_on_with_what_it_has(
    stage: Stage,
) -> None:
    history = stage.execution()
    subscription, client = await stage.subscribed(), Client()
    stage.hub.drain()
    with pytest.raises(Draining):
        stage.subscribe("orders:two")
    history.main.enter("Task", "Charge")
    await stage.clock.advance(0.3)
    client.take_all(subscription)
    assert client.cursor == cursor(2)


async def test_a_closed_hub_leaves_no_task_and_no_timer(stage: Stage) -> None:
    before = asyncio.all_tasks()
    for number in range(5):
        stage.execution(f"orders:{number}")
        await stage.subscribed(f"orders:{number}")
    stage.histories.hold()
    await stage.nudged("orders:0")
    assert len(asyncio.all_tasks()) == len(before) + 5
    await stage.hub.close()
    assert asyncio.all_tasks() == before
    assert stage.clock.waiting == 0
    assert stage.hub.watchers == 0


async def test_a_nudge_for_what_nobody_watches_is_nothing(stage: Stage) -> None:
    with stage.no_reads():
        await stage.nudged()
    assert stage.hub.watchers == 0


async def test_a_subscriber_who_leaves_when_woken_disturbs_nobody(stage: Stage) -> None:
    history = stage.execution()
    leaving = await stage.subscribed()
    staying, client = await stage.subscribed(), Client()
    leaving.wake = leaving.close
    history.main.enter("Task", "Charge")
    await stage.nudged()
    client.take_all(staying)
    assert client.cursor == cursor(2)


async def test_throttled_reads_slow_down_all_watchers() -> None:
    stage = Stage()
    for id in ("orders:one", "orders:two"):
        stage.execution(id)
        await stage.subscribed(id)
    stage.bucket.rate = 2
    stage.histories.fail("read_page", Throttled("slow down"))
    await stage.nudged("orders:one")
    before = stage.read_count
    await stage.clock.advance(2)
    assert 1 <= stage.read_count - before <= 3
    await stage.hub.close()
