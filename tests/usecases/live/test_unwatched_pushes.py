"""What is pushed of an execution before anybody watches it."""

from handrail.core.models import ExecutionId
from handrail.usecases.live.unwatched_pushes import KEPT_S, UnwatchedPushes

from .pushing import push, pushed, watcher_of
from .stage import ID, Client, Stage, truth


async def test_who_comes_after_the_first_events_needs_no_read_of_them(stage: Stage) -> None:
    history = stage.execution()
    await stage.subscribed("orders:another")
    stage.hub.push_state(True, 0.0)
    await push(stage, history.main.visit("Pass", "Look").history.events)
    with stage.no_reads():
        subscription, client = await stage.subscribed(), Client()
        client.take_all(subscription)
    assert watcher_of(stage).was_read
    assert client.holds == truth(history.events)


async def test_they_are_kept_for_a_moment_from_the_first_on(stage: Stage) -> None:
    id, events = ExecutionId.parse(ID), stage.execution().events
    kept = UnwatchedPushes()
    for event in reversed(events):
        kept.add(pushed(event), 0.0)
    assert [each.event.id for each in kept.take(id)] == [each.id for each in reversed(events)]
    assert kept.take(id) == ()
    kept.add(pushed(events[0]), 0.0)
    kept.add(pushed(events[0], "orders:later"), KEPT_S)
    assert kept.take(id) == ()
    assert len(kept.take(ExecutionId.parse("orders:later"))) == 1


async def test_the_longest_kept_make_room(stage: Stage) -> None:
    event = stage.execution().events[0]
    kept = UnwatchedPushes(most_bytes=2000)
    for number in range(100):
        kept.add(pushed(event, f"orders:e{number}"), 0.0)
    left = [n for n in range(100) if kept.take(ExecutionId.parse(f"orders:e{n}"))]
    assert left
    assert left == list(range(left[0], 100))
    assert left[0] > 50


async def test_an_execution_that_began_long_ago_isnt_kept(stage: Stage) -> None:
    history = (
        stage.execution()
        .main.visit("Pass", "One")
        .visit("Pass", "Two")
        .visit("Pass", "Three")
        .history
    )
    kept = UnwatchedPushes()
    kept.add(pushed(history.events[5]), 0.0)
    assert kept.take(ExecutionId.parse(ID)) == ()
