"""Which watchers pushes are taken to, and what all are told of the stream."""

from dataclasses import replace

from handrail.core.models import Account, ExecutionStatus
from handrail.usecases.live.watched_execution import WatchState
from tests.fakes import BEGIN

from .pushing import push, status, watcher_of
from .stage import ID, Client, Stage

OTHER = Account("aws", "eu-west-1", "210987654321")


async def test_a_watch_counts_in_the_budget_only_while_it_is_polled(stage: Stage) -> None:
    history, context = stage.execution(), stage.hub._context
    await stage.subscribed()
    stage.hub.push_state(True, 0.0)
    assert len(context.watches) == 1
    await push(stage, history.main.visit("Pass", "Look").history.events)
    assert len(context.watches) == 0
    stage.hub.push_state(False, 0.0)
    assert len(context.watches) == 1


async def test_a_status_change_of_what_nobody_watches_is_dropped(stage: Stage) -> None:
    await stage.hub.account()
    stage.hub.pushed(change := status(ExecutionStatus.SUCCEEDED))
    assert stage.hub.watchers == 0
    assert stage.heard == [change]


async def test_what_is_of_another_account_is_told_nobody(stage: Stage) -> None:
    await stage.hub.account()
    stage.hub.pushed(replace(status(ExecutionStatus.SUCCEEDED), account=OTHER))
    assert stage.heard == []


async def test_how_late_a_pushed_end_is_is_told_once(stage: Stage) -> None:
    stage.execution()
    await stage.subscribed()
    stage.histories.hold()
    await stage.clock.advance(3.0)
    for _ in range(2):
        stage.hub.pushed(status(ExecutionStatus.SUCCEEDED, stopped_at=BEGIN))
    assert stage.lags == [("push", 3.0)]


async def test_watches_are_counted_by_how_changes_are_seen(stage: Stage) -> None:
    history = stage.execution()
    subscription = await stage.subscribed()

    def counted() -> dict[str, int]:
        found = {state.value: stage.hub.watchers_in(state) for state in WatchState}
        return {state: count for state, count in found.items() if count}

    assert counted() == {"read": 1}
    stage.hub.push_state(True, 0.0)
    await push(stage, history.main.visit("Pass", "Look").history.events)
    assert counted() == {"pushed": 1}
    subscription.close()
    assert counted() == {"lingering": 1}


async def test_those_that_arent_pushed_are_promised_what_polling_keeps(stage: Stage) -> None:
    history = stage.execution()
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    stage.hub.push_state(True, 30.0)
    before = watcher_of(stage).require_feed().stale_after_s
    await push(stage, history.main.visit("Pass", "Look").history.events)
    assert watcher_of(stage).require_feed().stale_after_s == 50.0
    assert before is not None
    assert before < 10.0


async def test_who_waits_for_what_is_pushed_costs_no_read_of_its_own(stage: Stage) -> None:
    """A long-poll asks anew after each answer; a snapshot is read where it is a second old."""
    history = stage.execution()
    stage.hub.push_state(True, 0.0)
    await push(stage, history.events)
    async with stage.hub.watching(ID) as watcher:
        await push(stage, history.main.visit("Pass", "Look").history.events)
        await stage.clock.advance(5)
        with stage.no_reads():
            async with stage.hub.watching(ID, waits=True):
                pass
        assert watcher.require_feed().position == len(history.events)
        history.main.visit("Pass", "Leap")
        async with stage.hub.watching(ID):
            assert watcher.require_feed().position == len(history.events)


async def test_who_waits_where_nothing_is_pushed_reads(stage: Stage) -> None:
    history = stage.execution()
    async with stage.hub.watching(ID) as watcher:
        await stage.clock.advance(60)
        history.main.visit("Pass", "Look")
        await stage.nudged()
        async with stage.hub.watching(ID, waits=True):
            assert watcher.require_feed().position == len(history.events)
