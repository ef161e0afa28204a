"""Snapshots, long-polls and events: one look at a watched execution."""

import asyncio
from contextlib import suppress

import pytest

from handrail.core.errors import ExecutionNotFound, Unavailable, UnsupportedByType
from handrail.core.models import HistoryEvent
from handrail.usecases.live import Feed, Watcher
from tests.fakes import run_until_idle

from .stage import ID, Stage


async def shown(stage: Stage, id: str = ID) -> int:
    """The position of a snapshot asked for now."""
    async with stage.hub.watching(id) as watcher:
        return watcher.require_feed().position


async def test_a_snapshot_is_read_no_earlier_than_it_was_asked_for(stage: Stage) -> None:
    history = stage.execution()
    stage.histories.hold()
    early = asyncio.create_task(shown(stage))
    await run_until_idle()
    history.main.enter("Task", "Charge")
    late = asyncio.create_task(shown(stage))
    await run_until_idle()
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
    await run_until_idle()
    tasks += [asyncio.create_task(shown(stage)) for _ in range(50)]
    await run_until_idle()
    stage.histories.release()
    assert await asyncio.gather(*tasks) == [1] * 51
    assert stage.read_count == 2


async def test_a_snapshot_younger_than_a_second_is_shown_without_a_read(stage: Stage) -> None:
    history = stage.execution()
    assert await shown(stage) == 1
    history.main.enter("Pass", "A")
    with stage.no_reads():
        await stage.clock.advance(0.9)
        assert await shown(stage) == 1
    await stage.clock.advance(0.2)
    assert await shown(stage) == 2


async def test_what_is_known_to_have_changed_is_read_again_at_once(stage: Stage) -> None:
    history = stage.execution()
    assert await shown(stage) == 1
    history.main.enter("Pass", "A")
    await stage.nudged()
    assert await shown(stage) == 2


async def test_one_who_stops_waiting_for_a_snapshot_disturbs_nobody(stage: Stage) -> None:
    stage.execution()
    stage.histories.hold()
    hasty, patient = (asyncio.create_task(shown(stage)) for _ in range(2))
    await run_until_idle()
    hasty.cancel()
    await run_until_idle()
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
    async with stage.hub.watching(ID):
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

        async with stage.hub.watching(ID) as watcher:
            return (await stage.hub.wait_until(watcher, done, timeout_s=timeout_s)).position


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
    await run_until_idle()
    stage.hub.drain()
    assert await wait.task == 1
    assert await Wait(stage, 99, 25).task == 1


async def test_until_doesnt_wait_on_a_watcher_that_failed(stage: Stage) -> None:
    stage.execution()
    wait = Wait(stage, 99, 25)
    await run_until_idle()
    stage.histories.fail("read_page", ZeroDivisionError())
    await stage.nudged()
    assert await wait.task == 1


async def test_until_costs_no_read_of_its_own(stage: Stage) -> None:
    stage.execution()
    await shown(stage)
    async with stage.hub.watching(ID) as watcher:
        with stage.no_reads():
            waiting = asyncio.create_task(
                stage.hub.wait_until(watcher, lambda feed: feed.ended, timeout_s=25)
            )
            await run_until_idle()
        waiting.cancel()
        await run_until_idle()


async def test_a_cancelled_until_leaves_nothing_behind(stage: Stage) -> None:
    stage.execution()
    wait = Wait(stage, 99, 25)
    await run_until_idle()
    wait.task.cancel()
    with suppress(asyncio.CancelledError):
        await wait.task
    await stage.clock.advance(3.1)
    assert stage.hub.watchers == 0


async def read_ids(watcher: Watcher, after: int, limit: int) -> list[int]:
    found: list[HistoryEvent] = await watcher.history.events(after, limit=limit)
    return [event.id for event in found]


@pytest.mark.parametrize("log_bytes", [0, 1000, 8 * 1024 * 1024])
async def test_events_are_answered_from_memory_or_read_again(log_bytes: int) -> None:
    stage = Stage(log_bytes=log_bytes)
    stage.execution().main.task("Charge")
    async with stage.hub.watching(ID) as watcher:
        assert await read_ids(watcher, 0, 100) == [1, 2, 3, 4, 5, 6]
        assert await read_ids(watcher, 2, 3) == [3, 4, 5]
        assert await read_ids(watcher, 6, 3) == []
        assert await read_ids(watcher, 9, 3) == []
    await stage.hub.close()


async def test_events_in_memory_cost_no_read(stage: Stage) -> None:
    stage.execution().main.task("Charge")
    async with stage.hub.watching(ID) as watcher:
        with stage.no_reads():
            await read_ids(watcher, 0, 100)


async def test_reading_events_again_stops_at_the_limit() -> None:
    stage = Stage(log_bytes=0)
    history = stage.execution()
    for _ in range(2000):
        history.main.visit("Pass", "Loop")
    async with stage.hub.watching(ID) as watcher:
        before = stage.read_count
        assert await read_ids(watcher, 10, 50) == list(range(11, 61))
        assert stage.read_count - before == 1
    await stage.hub.close()


async def test_who_waits_at_a_watcher_that_lingers_is_told_at_its_pace(stage: Stage) -> None:
    """Not once the linger time is over."""
    history = stage.execution()
    assert await shown(stage) == 1
    await run_until_idle()
    async with stage.hub.watching(ID) as watcher:
        waiting = asyncio.create_task(
            stage.hub.wait_until(watcher, lambda feed: feed.position > 1, timeout_s=20)
        )
        await run_until_idle()
        history.main.enter("Task", "Charge")
        await stage.clock.advance(1)
        assert waiting.done()
        await waiting
