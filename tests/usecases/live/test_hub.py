"""Who looks at what, and that each thing is read once."""

import asyncio

import pytest

from handrail.core.errors import Draining, ExecutionNotFound, Throttled, Unavailable
from handrail.core.protocol.encoded_messages import Message
from handrail.usecases.live import Level
from tests.fakes import unread

from .stage import ID, Client, Stage, arn_of, cursor


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
    assert {read.arn for read in stage.histories.reads} == {
        arn_of("orders:one"),
        arn_of("orders:two"),
    }


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
        async with stage.hub.watching(elsewhere):
            pytest.fail("it was shown")


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


async def test_a_full_hub_makes_room_by_what_nobody_looks_at() -> None:
    stage = Stage(max_watchers=1, linger_s=600)
    stage.execution()
    async with stage.hub.watching(ID):
        pass
    stage.execution("orders:two")
    async with stage.hub.watching("orders:two"):
        assert stage.hub.watchers == 1
    await asyncio.sleep(0)

    assert len(stage.hub.tasks) == 1
    await stage.hub.close()


async def test_what_was_asked_for_lately_makes_room_last() -> None:
    stage = Stage(max_watchers=2, linger_s=600)
    for execution in (ID, "orders:two", "orders:three"):
        stage.execution(execution)
    async with stage.hub.watching(ID) as first:
        pass
    for execution in ("orders:two", ID, "orders:three"):
        async with stage.hub.watching(execution):
            pass
    async with stage.hub.watching(ID) as again:
        assert again is first
    await stage.hub.close()


async def test_a_hub_rests_once_no_read_is_under_way(stage: Stage) -> None:
    stage.execution()
    stage.histories.hold()
    stage.subscribe()
    await stage.clock.advance(0)
    resting = asyncio.create_task(stage.hub.wait_idle())
    await stage.clock.advance(0)
    under_way = not resting.done()
    stage.histories.release()
    await resting

    assert under_way


async def test_a_hub_that_gives_up_ends_the_reads_under_way_and_keeps_the_rest(
    stage: Stage,
) -> None:
    stage.execution()
    stage.execution("orders:two")
    async with stage.hub.watching(ID):
        stage.histories.hold()
        reading = asyncio.create_task(stage.hub.watching("orders:two").__aenter__())
        await stage.clock.advance(0)
        ended = stage.hub.cancel_reads()
        await asyncio.wait({*ended, reading})
        assert len(ended) == 1
        assert isinstance(reading.exception(), Draining)
        assert stage.hub.watchers == 1
    stage.histories.release()
    async with stage.hub.watching("orders:two") as watcher:
        assert watcher.require_feed().position == 1
    assert stage.hub.cancel_reads() == frozenset()
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


@pytest.mark.parametrize("after", [cursor(3, epoch=1), "rubbish", "", None])
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
    assert (
        len(asyncio.all_tasks()) == len(before) + 7
    )  # and who lists their ends, and keeps promises
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
    stage = Stage(reads_per_s=2, burst=1000)
    for id in ("orders:one", "orders:two"):
        stage.execution(id)
        await stage.subscribed(id)
    stage.histories.fail("read_page", Throttled("slow down"))
    await stage.nudged("orders:one")
    before = stage.read_count
    await stage.clock.advance(2)
    assert 1 <= stage.read_count - before <= 3
    await stage.hub.close()
