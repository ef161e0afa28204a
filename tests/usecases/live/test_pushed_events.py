"""How pushes are folded by their numbers beside AWS's reads."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.history.ahead import MOST_EVENTS
from handrail.core.models import ExecutionStatus, HistoryEvent, to_ms
from handrail.usecases.live import Level
from tests.core.generated import Simulation, draw_plans
from tests.core.histories import History, Recording, recordings
from tests.fakes import ACCOUNT, run_until_idle

from .pushing import push, pushed, status, watcher_of, without_data
from .stage import ID, Client, Stage, arn_of, cursor, told, truth


@pytest.fixture
async def pushing() -> AsyncIterator[Stage]:
    """A stage to which events are pushed."""
    stage = Stage()
    stage.hub.push_state(True, 0.0)
    yield stage
    await stage.hub.close()


def run(history: History, *names: str) -> list[HistoryEvent]:
    """Some states, and the events they brought."""
    known = len(history.events)
    for name in names:
        history.main.visit("Pass", name)
    return history.events[known:]


async def test_the_next_event_is_folded_and_an_older_one_isnt(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(level=Level.EVENTS, after=cursor(0)), Client()
    with pushing.no_reads():
        new = run(history, "Look", "Leap")
        await push(pushing, new)
        await push(pushing, [*history.events, *new])
        client.take_all(subscription)
        await pushing.clock.advance(60)
    assert client.events == [event.id for event in history.events]
    assert client.holds == truth(history.events)


async def test_events_that_come_ahead_wait_for_those_before_them(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(level=Level.EVENTS, after=cursor(0)), Client()
    await push(pushing, run(history, "Begin"))
    with pushing.no_reads():
        one, two, *others = run(history, "Look", "Leap")
        await push(pushing, others)
        client.take_all(subscription)
        assert client.events == [1, 2, 3]
        await pushing.clock.advance(0.9)
        await push(pushing, [two])
        await push(pushing, [one])
        client.take_all(subscription)
        assert client.holds == truth(history.events)
        await pushing.clock.advance(60)


async def test_what_is_missing_after_a_moment_is_read_once(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    _, *others = run(history, "Look", "Leap")
    before = pushing.read_count
    await push(pushing, others)
    await pushing.clock.advance(1.1)
    client.take_all(subscription)
    assert client.holds == truth(history.events)
    await pushing.clock.advance(60)
    assert pushing.read_count == before + 1


async def test_what_reads_dont_show_either_is_read_less_and_less_often(pushing: Stage) -> None:
    history = pushing.execution()
    await pushing.subscribed()
    missing, *others = run(history, "Look", "Leap")
    pushing.histories.missing = {missing.id}
    before = pushing.read_count
    await push(pushing, others)
    await pushing.clock.advance(60)
    assert 4 <= pushing.read_count - before <= 9
    pushing.histories.missing = set()
    await pushing.clock.advance(11)
    assert watcher_of(pushing).require_feed().position == len(history.events)


async def test_more_than_is_kept_ahead_is_read(pushing: Stage) -> None:
    history = pushing.execution()
    await pushing.subscribed()
    _, *others = run(history, *("Look" for _ in range(MOST_EVENTS)))
    await push(pushing, others)
    await pushing.clock.advance(1.1)
    assert watcher_of(pushing).require_feed().position == len(history.events)


async def test_a_watch_that_pushes_begin_and_end_is_never_read() -> None:
    stage = Stage(reads_per_s=0.001, burst=1)
    stage.hub.push_state(True, 0.0)
    stage.execution("orders:before")
    await stage.subscribed("orders:before")  # the one read there is
    history = stage.execution()
    subscription, client = await stage.subscribed(), Client()
    run(history, "Look")
    history.main.then("ExecutionSucceeded", output='{"done": true}')
    with stage.no_reads():
        await push(stage, history.events)
        client.take_all(subscription)
        await stage.clock.advance(300)
    assert client.holds == truth(history.events)
    assert client.messages[-1]["output"] == {"done": True}
    await stage.hub.close()


async def test_pushes_that_come_before_the_first_read_follow_it() -> None:
    stage = Stage()
    stage.hub.push_state(True, 0.0)
    history = stage.execution()
    run(history, "Look")
    stage.histories.hold()
    subscription, client = await stage.subscribed(), Client()
    await push(stage, run(history, "Leap"))
    assert subscription.next_message() is None
    stage.histories.release()
    await run_until_idle()
    await stage.clock.advance(0.0)
    client.take_all(subscription)
    assert client.holds == truth(history.events)
    await stage.hub.close()


async def test_other_accounts_and_what_nobody_watches_is_dropped(pushing: Stage) -> None:
    history = pushing.execution()
    subscription = await pushing.subscribed()
    assert told(subscription) == ["subscribed"]
    (event, *_) = run(history, "Look")
    other = replace(ACCOUNT, account_id="999999999999")
    pushing.hub.pushed(pushed(event, account=other))
    pushing.hub.pushed(pushed(event, "orders:nobody"))
    await run_until_idle()
    assert told(subscription) == []
    assert not watcher_of(pushing).rhythm.reached


async def test_it_is_read_to_make_sure_after_minutes_without_a_push(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    await push(pushing, run(history, "Look"))
    run(history, "Lost")  # and never pushed
    with pushing.no_reads():
        await pushing.clock.advance(400)
    await pushing.clock.advance(400)
    client.take_all(subscription)
    assert client.holds == truth(history.events)


async def test_an_execution_that_no_push_reached_is_polled(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    run(history, "Look")
    await pushing.clock.advance(1)
    client.take_all(subscription)
    assert client.holds == truth(history.events)


async def test_when_pushes_stop_all_are_polled_at_once_and_told_so(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    await push(pushing, run(history, "Look"))
    client.take_all(subscription)
    promised = watcher_of(pushing).require_feed().stale_after_s
    run(history, "Leap")
    pushing.hub.push_state(False, 0.0)
    await run_until_idle()
    client.take_all(subscription)
    assert client.holds["states"] == truth(history.events)["states"]
    run(history, "Loop")
    await pushing.clock.advance(3)
    client.take_all(subscription)
    assert client.holds["states"] == truth(history.events)["states"]
    before = pushing.read_count
    pushing.hub.push_state(True, 0.0)
    await pushing.clock.advance(60)
    assert pushing.read_count - before <= 2
    assert promised == 2.0


async def test_what_is_promised_grows_with_how_late_pushes_come(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    await push(pushing, run(history, "Look"))
    client.take_all(subscription)
    pushing.hub.push_state(True, 40.0)
    client.take_all(subscription)
    assert client.messages[-1]["execution"]["stale_after_s"] == 50.0


async def test_a_redrive_goes_on_by_pushes(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    history.main.enter("Pass", "Look").then("ExecutionFailed", error="Boom", cause="it broke")
    await push(pushing, history.events)
    history.main.then("ExecutionRedriven", redriveCount=1)
    run(history, "Look")
    with pushing.no_reads():
        await push(pushing, history.events)
        client.take_all(subscription)
    assert client.holds == truth(history.events)
    assert client.execution["status"] == "RUNNING"


async def test_what_follows_an_end_otherwise_is_left_to_the_history(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    history.main.enter("Pass", "Look").then("ExecutionSucceeded", output="{}")
    await push(pushing, history.events)
    end = history.events[-1]
    await push(pushing, [replace(end, id=end.id + 1, type="PassStateEntered")])
    await pushing.clock.advance(5)
    client.take_all(subscription)
    assert client.holds == truth(history.events)


async def test_another_execution_of_the_name_starts_over(pushing: Stage) -> None:
    history = pushing.execution()
    subscription = await pushing.subscribed()
    assert told(subscription) == ["subscribed"]
    again = replace(history.events[0], at=history.events[0].at + timedelta(seconds=4))
    await push(pushing, [again])
    assert subscription.failure is not None
    assert subscription.failure.retryable
    assert pushing.hub.watchers == 0


async def test_a_status_change_tells_of_an_end_before_its_events(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    await push(pushing, run(history, "Look"))
    client.take_all(subscription)
    with pushing.no_reads():
        pushing.hub.pushed(status(ExecutionStatus.SUCCEEDED))
        client.take_all(subscription)
        assert client.execution["status"] == "SUCCEEDED"
        assert client.messages[-1]["type"] == "update"
        await pushing.clock.advance(1)
        history.main.then("ExecutionSucceeded", output='"done"')
        await push(pushing, history.events)
        await pushing.clock.advance(60)
    client.take_all(subscription)
    assert client.messages[-1]["output"] == "done"


async def test_an_end_that_isnt_pushed_in_a_moment_is_read(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    await push(pushing, run(history, "Look"))
    history.main.then("ExecutionSucceeded", output='"done"')
    pushing.hub.pushed(status(ExecutionStatus.SUCCEEDED))
    await pushing.clock.advance(5.1)
    client.take_all(subscription)
    assert client.messages[-1]["output"] == "done"


async def test_a_late_status_change_is_never_believed_over_events(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    history.main.enter("Pass", "Look").then("ExecutionFailed", error="Boom", cause="it broke")
    history.main.then("ExecutionRedriven", redriveCount=1)
    await push(pushing, history.events)
    pushing.hub.pushed(status(ExecutionStatus.FAILED))
    await pushing.clock.advance(1)
    client.take_all(subscription)
    assert client.execution["status"] == "RUNNING"


async def test_whoever_comes_back_to_a_pushed_watch_needs_no_read(pushing: Stage) -> None:
    history = pushing.execution()
    subscription = await pushing.subscribed()
    await push(pushing, run(history, "Look"))
    subscription.close()
    await push(pushing, run(history, "Leap"))
    with pushing.no_reads():
        client = Client()
        client.take_all(await pushing.subscribed())
        await pushing.clock.advance(1)
    assert client.holds == truth(history.events)


async def test_where_only_errors_are_logged_it_is_still_polled(pushing: Stage) -> None:
    history = pushing.execution()
    subscription, client = await pushing.subscribed(), Client()
    track = history.main.enter("Task", "Charge").schedule().fails()
    await push(pushing, history.events[-1:])
    await pushing.clock.advance(1.1)
    track.exit("Task", "Charge")
    run(history, "Look")
    await pushing.clock.advance(3)
    client.take_all(subscription)
    assert client.holds["states"] == truth(history.events)["states"]


async def test_others_of_the_state_machine_are_presumed_to_be_pushed_too(pushing: Stage) -> None:
    history, idle = pushing.execution(), pushing.execution("orders:idle")
    await pushing.subscribed()
    await push(pushing, run(history, "Look"))
    run(idle, "Look")
    subscription, client = await pushing.subscribed("orders:idle"), Client()
    before = pushing.read_count
    run(idle, "Leap")  # pushed just before anybody watched, and not shown by reads yet
    with pushing.no_reads():
        await pushing.clock.advance(20)
    await pushing.clock.advance(300)
    assert pushing.read_count == before + 1
    client.take_all(subscription)
    assert client.holds["states"] == truth(idle.events, "orders:idle")["states"]


async def test_a_state_machine_whose_logs_end_is_polled_until_one_is_pushed_again(
    pushing: Stage,
) -> None:
    """Its executions were presumed to be pushed: a read of one shows that they aren't."""
    first = pushing.execution()
    others = [pushing.execution(id) for id in ("orders:two", "orders:three")]
    await pushing.subscribed()
    await push(pushing, run(first, "Look"))
    subscriptions = [await pushing.subscribed(id) for id in ("orders:two", "orders:three")]
    await pushing.clock.advance(100)
    for history in others:
        history._begin = pushing.clock.now()
        run(history, "Leap")
    await pushing.clock.advance(60)
    async with pushing.hub.watching("orders:two"):
        pushing.hub.push_state(True, 0.0)
    run(others[1], "Loop")
    await pushing.clock.advance(15)
    client = Client()
    client.take_all(subscriptions[1])
    assert client.holds["states"] == truth(others[1].events, "orders:three")["states"]
    await push(pushing, run(first, "Leap"))
    await pushing.clock.advance(60)
    with pushing.no_reads():
        await pushing.clock.advance(300)


class TestWithoutExecutionData:
    """Logs that say which state, but not with what."""

    async def test_states_move_without_their_payloads(self, pushing: Stage) -> None:
        history = pushing.execution()
        subscription, client = await pushing.subscribed(), Client()
        with pushing.no_reads():
            for event in run(history, "Look", "Leap"):
                pushing.hub.pushed(without_data(event))
            await run_until_idle()
            client.take_all(subscription)
        assert client.holds == truth(history.events)

    async def test_an_end_is_told_at_once_and_its_output_is_read(self, pushing: Stage) -> None:
        history = pushing.execution()
        subscription, client = await pushing.subscribed(), Client()
        run(history, "Look")
        history.main.then("ExecutionSucceeded", output='"done"')
        client.take_all(subscription)
        pushing.histories.hold()
        for event in history.events[1:]:
            pushing.hub.pushed(without_data(event))
        await run_until_idle()
        client.take_all(subscription)
        assert client.execution["status"] == "SUCCEEDED"
        assert client.messages[-1]["type"] == "update"
        pushing.histories.release()
        await run_until_idle()
        client.take_all(subscription)
        assert client.messages[-1]["output"] == "done"
        assert client.holds["states"] == truth(history.events)["states"]

    async def test_an_error_isnt_shown_as_none(self, pushing: Stage) -> None:
        history = pushing.execution()
        subscription, client = await pushing.subscribed(), Client()
        track = history.main.enter("Task", "Charge").schedule()
        track.then("LambdaFunctionFailed", error="Boom", cause="it broke")
        for event in history.events[1:]:
            pushing.hub.pushed(without_data(event))
        await run_until_idle()
        client.take_all(subscription)
        assert client.holds == truth(history.events)

    async def test_who_follows_events_gets_them_whole(self, pushing: Stage) -> None:
        history = pushing.execution()
        options = {"level": Level.EVENTS, "after": cursor(0)}
        subscription, client = await pushing.subscribed(**options), Client()
        for event in run(history, "Look", "Leap"):
            pushing.hub.pushed(without_data(event))
        await pushing.clock.advance(1)
        client.take_all(subscription)
        told = [event for message in client.messages for event in message.get("events", ())]
        assert [event["id"] for event in told] == [event.id for event in history.events]
        entered = [event for event in told if event["type"] == "PassStateEntered"]
        assert all("input" in event["state_entered_event_details"] for event in entered)

    async def test_who_comes_for_events_later_gets_them_whole(self, pushing: Stage) -> None:
        history = pushing.execution()
        await pushing.subscribed()
        for event in run(history, "Look", "Leap"):
            pushing.hub.pushed(without_data(event))
        await run_until_idle()
        subscription = await pushing.subscribed(sub_id="s2", level=Level.EVENTS, after=cursor(0))
        client = Client()
        client.take_all(subscription)
        assert client.messages[0]["recovered"]
        told = [event for message in client.messages for event in message.get("events", ())]
        assert len(told) == len(history.events)
        assert "input" in json.dumps(told[-2])

    async def test_who_reads_events_gets_them_whole(self, pushing: Stage) -> None:
        history = pushing.execution()
        await pushing.subscribed()
        for event in run(history, "Look"):
            pushing.hub.pushed(without_data(event))
        await run_until_idle()
        found = await watcher_of(pushing).history.events(0, limit=100)
        assert found == history.events
        whole = watcher_of(pushing).history.whole(lambda: 0.0)
        assert [event async for run in whole for event in run] == history.events

    async def test_a_read_brings_what_was_missing(self, pushing: Stage) -> None:
        history = pushing.execution()
        await pushing.subscribed()
        for event in run(history, "Look"):
            pushing.hub.pushed(without_data(event))
        await run_until_idle()
        await pushing.nudged()
        with pushing.no_reads():
            assert await watcher_of(pushing).history.events(0, limit=100) == history.events


@st.composite
def deliveries(draw: st.DrawFn, count: int) -> list[tuple[float, int, bool]]:
    """When which event is pushed, doubled, late or not at all, with or without its payload."""
    pushes = []
    for id in range(1, count + 1):
        for _ in range(draw(st.integers(0, 2))):
            pushes.append((draw(st.floats(0, 5)), id, draw(st.booleans())))
    return sorted(pushes)


async def deliver(
    events: list[HistoryEvent], pushes: list[tuple[float, int, bool]], level: Level
) -> Client:
    """What a client holds in the end of an execution whose events were pushed so."""
    stage = Stage()
    stage.hub.push_state(True, 0.0)
    stage.executions.add(ID)
    grown = stage.histories.events[arn_of(ID)] = events[:1]
    subscription, client = stage.subscribe(level=level, after=before(events)), Client()
    await run_until_idle()
    at, shown = 0.0, 1
    for time, id, truncated in pushes:
        await stage.clock.advance(time - at)
        at, shown = time, max(shown, id)
        grown += events[len(grown) : shown]  # what is pushed has happened
        stage.hub.pushed((without_data if truncated else pushed)(events[id - 1]))
        client.take_all(subscription)
    grown += events[len(grown) :]
    await stage.clock.advance(700 if pushes else 20)  # time for the read that makes sure
    client.take_all(subscription)
    await stage.hub.close()
    client.execution.pop("stale_after_s", None)  # the promise isn't the execution's
    return client


def before(events: list[HistoryEvent]) -> str:
    return cursor(0, to_ms(events[0].at))


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.data())
def test_any_order_loss_and_delay_gives_what_reading_gives(
    random: Random, data: st.DataObject
) -> None:
    events = Simulation(random, draw_plans(random), 40).history.events
    level = data.draw(st.sampled_from([Level.STATES, Level.EVENTS]))
    client = asyncio.run(deliver(events, data.draw(deliveries(len(events))), level))
    assert client.holds == truth(events)
    if level is Level.EVENTS:
        assert client.events == [event.id for event in events]


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_history_pushed_in_any_order_is_as_read(recording: Recording) -> None:
    events, random = list(recording.events), Random(recording.name)  # noqa: S311 - not for secrets
    pushes = [(random.uniform(0, 3), event.id, random.random() < 0.3) for event in events]
    by_push = asyncio.run(deliver(events, sorted(pushes), Level.STATES))
    by_reading = asyncio.run(deliver(events, [], Level.STATES))
    assert by_push.holds == by_reading.holds
