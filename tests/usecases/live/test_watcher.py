"""One watcher's life: when it reads, what it tells, when it ends."""

from datetime import timedelta

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId, to_ms
from handrail.usecases.live import Level
from tests.fakes import BEGIN, run_until_idle

from .stage import ID, Client, Stage, arn_of, cursor, told


async def test_a_subscriber_is_woken_by_its_first_answer_and_by_each_change(stage: Stage) -> None:
    history = stage.execution()
    woken: list[int] = []
    subscription = stage.subscribe(wake=lambda: woken.append(len(history.events)))
    woken.clear()
    await run_until_idle()
    assert woken == [1]
    history.main.enter("Task", "Charge")
    await stage.clock.advance(0.3)
    assert woken == [1, 2]
    await stage.clock.advance(3)
    assert woken == [1, 2]
    assert told(subscription) == ["subscribed"]


async def test_a_young_execution_is_read_at_the_fastest_pace(stage: Stage) -> None:
    stage.execution()
    await stage.subscribed()
    before = stage.read_count
    await stage.clock.advance(2)
    assert stage.read_count - before == 8


async def test_an_execution_long_quiet_isnt_read_as_if_it_had_just_moved(stage: Stage) -> None:
    stage.execution()
    await stage.clock.advance(3600)
    await stage.subscribed()
    with stage.no_reads():
        await stage.clock.advance(9)
    before = stage.read_count
    await stage.clock.advance(1.5)
    assert stage.read_count == before + 1


async def test_a_change_brings_back_the_fastest_pace(stage: Stage) -> None:
    history = stage.execution()
    await stage.clock.advance(3600)
    await stage.subscribed()
    history.main.enter("Task", "Charge")
    await stage.nudged()
    before = stage.read_count
    await stage.clock.advance(1)
    assert stage.read_count - before == 4


async def test_a_nudge_is_a_read_now(stage: Stage) -> None:
    history = stage.execution()
    await stage.clock.advance(3600)
    subscription = await stage.subscribed()
    told(subscription)
    history.main.enter("Task", "Charge")
    await stage.nudged()
    assert told(subscription) == ["update"]


async def test_a_nudge_during_a_read_is_another_read(stage: Stage) -> None:
    history = stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.hold()
    await stage.nudged()
    history.main.enter("Task", "Charge")
    await stage.nudged()
    stage.histories.release()
    await run_until_idle()
    assert told(subscription) == ["update"]


async def test_many_nudges_during_a_read_are_one_more_read(stage: Stage) -> None:
    stage.execution()
    await stage.subscribed()
    before = stage.read_count
    stage.histories.hold()
    for _ in range(20):
        await stage.nudged()
    stage.histories.release()
    await run_until_idle()
    assert stage.read_count - before == 2


async def test_an_ended_execution_is_still_read_for_a_redrive_may_follow(stage: Stage) -> None:
    history = stage.execution()
    history.main.then("ExecutionFailed", error="Boom")
    subscription = await stage.subscribed()
    assert told(subscription) == ["subscribed", "complete"]
    history.main.then("ExecutionRedriven", redriveCount=1)
    await stage.clock.advance(3)
    assert told(subscription) == ["update"]
    history.main.then("ExecutionSucceeded")
    await stage.clock.advance(3)
    assert told(subscription) == ["update", "complete"]


async def test_a_watcher_outlives_its_last_subscriber_by_the_linger_time_reading_nothing(
    stage: Stage,
) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    await stage.clock.advance(1)
    subscription.close()
    with stage.no_reads():
        await stage.clock.advance(2.9)
        assert stage.hub.watchers == 1
        await stage.clock.advance(0.2)
        assert stage.hub.watchers == 0


async def test_who_comes_back_while_it_lingers_finds_it_and_has_it_read_again(
    stage: Stage,
) -> None:
    history = stage.execution()
    subscription = await stage.subscribed()
    subscription.close()
    await stage.clock.advance(2.9)
    before = stage.read_count
    history.main.enter("Task", "Charge")
    again = await stage.subscribed(after=cursor(1))
    assert told(again) == ["subscribed", "update"]
    assert stage.read_count == before + 1
    await stage.clock.advance(30)
    assert stage.hub.watchers == 1


async def test_the_linger_time_begins_anew_each_time_the_last_one_leaves(stage: Stage) -> None:
    stage.execution()
    for _ in range(3):
        subscription = await stage.subscribed()
        subscription.close()
        await stage.clock.advance(2.5)
        assert stage.hub.watchers == 1
    await stage.clock.advance(0.6)
    assert stage.hub.watchers == 0


async def test_a_nudge_while_it_lingers_neither_reads_nor_keeps_it(stage: Stage) -> None:
    stage.execution()
    (await stage.subscribed()).close()
    await stage.clock.advance(2)
    with stage.no_reads():
        await stage.nudged()
        await stage.clock.advance(1.1)
    assert stage.hub.watchers == 0


async def test_one_who_leaves_during_the_first_read_ends_it_after_the_linger_time(
    stage: Stage,
) -> None:
    stage.execution()
    stage.histories.hold()
    subscription = await stage.subscribed()
    subscription.close()
    stage.histories.release()
    await stage.clock.advance(2.9)
    assert stage.hub.watchers == 1
    await stage.clock.advance(0.2)
    assert stage.hub.watchers == 0


async def test_who_comes_before_anything_could_be_read_doesnt_wait_out_the_linger_time(
    stage: Stage,
) -> None:
    stage.execution()
    stage.histories.fail("read_page", Unavailable("gone"))
    (await stage.subscribed()).close()
    await run_until_idle()
    subscription = await stage.subscribed()
    assert told(subscription)[-1] == "subscribed"


async def test_leaving_twice_is_leaving_once(stage: Stage) -> None:
    stage.execution()
    one, two = await stage.subscribed(), await stage.subscribed()
    one.close()
    one.close()
    await stage.clock.advance(30)
    assert stage.hub.watchers == 1
    two.close()
    await stage.clock.advance(3.1)
    assert stage.hub.watchers == 0


async def test_a_history_that_shows_no_event_yet_is_an_execution_all_the_same(
    stage: Stage,
) -> None:
    await stage.recent.add(ExecutionId.parse(ID), BEGIN)
    events = stage.histories.events[arn_of(ID)] = []
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    assert client.execution["status"] == "RUNNING"
    assert client.cursor == cursor(0, epoch=to_ms(BEGIN))
    source = Stage().execution()
    events.extend(source.main.enter("Task", "Charge").history.events)
    await stage.nudged()
    client.take_all(subscription)
    assert list(client.states) == ["Charge"]


async def test_a_long_history_is_shown_once_it_is_read_whole(stage: Stage) -> None:
    history = stage.execution()
    for _ in range(1500):
        history.main.visit("Pass", "Loop")
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    assert [m["type"] for m in client.messages] == ["subscribed"]
    assert client.cursor == cursor(3001)


async def test_the_epoch_is_the_start_date_as_aws_has_it_where_this_process_started_it(
    stage: Stage,
) -> None:
    stage.execution()
    await stage.recent.add(ExecutionId.parse(ID), BEGIN + timedelta(milliseconds=123.4))
    client = Client()
    client.take_all(await stage.subscribed(level=Level.STATUS))
    assert client.cursor == "1767225600123:1"


async def test_the_epoch_of_any_other_execution_is_its_first_events_date(stage: Stage) -> None:
    stage.execution()
    client = Client()
    client.take_all(await stage.subscribed(level=Level.STATUS))
    assert client.cursor == "1767225600100:1"
    assert stage.executions.calls == []


async def test_a_clock_that_lags_behind_awss_is_no_trouble(stage: Stage) -> None:
    history = stage.execution()
    for _ in range(100):
        history.main.task("Charge")
    assert history.events[-1].at > stage.clock.now()
    await stage.subscribed()
    before = stage.read_count
    await stage.clock.advance(1)
    assert stage.read_count - before == 4
