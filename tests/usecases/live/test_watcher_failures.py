"""What a watcher does when reads fail, and when there is nothing to read."""

import asyncio

import pytest

from handrail.core.errors import (
    Draining,
    ExecutionNotFound,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from handrail.core.models import ExecutionId
from handrail.usecases.lag import YOUNG_S
from tests.fakes import BEGIN, run_until_idle, unread

from .stage import ID, Stage, told


async def test_a_failed_read_is_told_once_and_what_was_missed_follows(stage: Stage) -> None:
    history = stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", *[Unavailable("gone")] * 4)
    history.main.task("Charge")
    heard = []
    for _ in range(9):
        await stage.clock.advance(1)
        heard += told(subscription)
    assert heard == ["unavailable", "update"]


async def test_each_streak_of_failures_is_told(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    for _ in range(2):
        stage.histories.fail("read_page", Unavailable("gone"))
        await stage.nudged()
        assert told(subscription) == ["unavailable"]
        await stage.clock.advance(5)


async def test_who_was_told_of_a_failure_hears_that_reads_succeed_again(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", Unavailable("gone"))
    await stage.nudged()
    assert told(subscription) == ["unavailable"]
    await stage.clock.advance(5)
    assert told(subscription) == ["update"]


async def test_while_reads_fail_nothing_looks_as_if_they_succeeded(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", *[Unavailable("gone")] * 1000)
    heard = []
    for _ in range(60):
        await stage.clock.advance(1)
        heard += told(subscription)
    assert heard == ["unavailable"]


async def test_a_failure_that_is_over_before_it_was_told_isn_t_told(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", Unavailable("gone"))
    await stage.nudged()
    await stage.clock.advance(5)
    assert told(subscription) == []


async def test_kinds_of_failure_that_alternate_are_told_once_each(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", *[Unavailable("gone"), Throttled("slow down")] * 3)
    heard = []
    for _ in range(6):
        await stage.nudged()
        heard += told(subscription)
    assert heard == ["unavailable", "throttled"]


async def test_who_comes_during_a_streak_is_told_of_it(stage: Stage) -> None:
    stage.execution()
    stage.histories.fail("read_page", *[Unavailable("gone")] * 9)
    first = await stage.subscribed()
    assert told(first) == ["unavailable"]
    assert told(await stage.subscribed()) == ["unavailable"]
    assert told(first) == []


async def test_failed_reads_are_repeated_ever_more_rarely(stage: Stage) -> None:
    stage.execution()
    await stage.subscribed()
    stage.histories.fail("read_page", *[Unavailable("gone")] * 1000)
    await stage.clock.advance(10)
    early = stage.read_count
    await stage.clock.advance(100)
    assert early > 4
    assert stage.read_count - early < 12


async def test_refused_credentials_may_be_mended_so_it_goes_on(stage: Stage) -> None:
    stage.execution()
    stage.histories.fail("read_page", UpstreamRefused("no right to"))
    subscription = await stage.subscribed()
    assert told(subscription) == ["upstream_refused"]
    await stage.clock.advance(2)
    assert told(subscription) == ["subscribed"]


async def test_what_doesnt_exist_fails_its_subscribers_and_isnt_watched(stage: Stage) -> None:
    woken: list[bool] = []
    subscription = await stage.subscribed("orders:none", wake=lambda: woken.append(True))
    assert unread(subscription.failure) == "execution_not_found"
    assert told(subscription) == []
    assert len(woken) == 2
    assert stage.hub.watchers == 0


async def test_one_that_a_read_shows_and_the_next_doesn_t_is_a_notice_after_a_while(
    stage: Stage,
) -> None:
    """AWS's reads may come from copies that lag by more or less."""
    stage.execution()
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", *[ExecutionNotFound("gone")] * 99)
    await stage.clock.advance(8)
    assert set(told(subscription)) == {"update"}  # that changes may be seen later than was promised
    await stage.clock.advance(20)
    assert told(subscription)[0] == "unavailable"


async def test_an_execution_that_vanishes_later_is_a_notice(stage: Stage) -> None:
    stage.execution()
    await stage.clock.advance(YOUNG_S + 60)
    subscription = await stage.subscribed()
    told(subscription)
    stage.histories.fail("read_page", ExecutionNotFound("gone"))
    await stage.nudged()
    assert told(subscription) == ["execution_not_found"]
    assert subscription.failure is None
    assert stage.hub.watchers == 1


async def test_what_was_just_started_is_waited_for(stage: Stage) -> None:
    await stage.recent.add(ExecutionId.parse(ID), BEGIN)
    subscription = await stage.subscribed()
    await stage.clock.advance(2)
    assert told(subscription) == []
    stage.execution()
    await stage.clock.advance(3)
    assert told(subscription) == ["subscribed"]


async def test_who_asks_for_what_was_just_started_waits_too(stage: Stage) -> None:
    await stage.recent.add(ExecutionId.parse(ID), BEGIN)

    async def position() -> int:
        async with stage.hub.watching(ID) as watcher:
            return watcher.require_feed().position

    asking = asyncio.create_task(position())
    await stage.clock.advance(1)
    assert not asking.done()
    stage.execution()
    await stage.clock.advance(3)
    assert await asking == 1


async def test_what_was_started_and_never_shows_is_given_up_when_it_is_old(stage: Stage) -> None:
    await stage.recent.add(ExecutionId.parse(ID), BEGIN)
    subscription = await stage.subscribed()
    await stage.clock.advance(40)
    assert (subscription.failure, told(subscription)) == (None, ["unavailable"])
    await stage.clock.advance(YOUNG_S)
    assert unread(subscription.failure) == "execution_not_found"


async def test_an_unforeseen_failure_ends_the_watcher_and_tells_everybody(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    stage.histories.hold()
    stage.histories.fail("read_page", ZeroDivisionError())
    await stage.nudged()

    async def ask() -> None:
        async with stage.hub.watching(ID):
            pytest.fail("nothing was read")

    asking = asyncio.create_task(ask())
    await run_until_idle()
    stage.histories.release()
    with pytest.raises(Unavailable):
        await asking
    assert unread(subscription.failure) == "unavailable"
    assert stage.hub.watchers == 0
    assert told(await stage.subscribed()) == ["subscribed"]


async def test_who_still_waits_when_the_hub_closes_is_told_so(stage: Stage) -> None:
    stage.execution()
    stage.histories.hold()

    async def ask() -> None:
        async with stage.hub.watching(ID):
            pytest.fail("nothing was read")

    asking = asyncio.create_task(ask())
    await run_until_idle()
    await stage.hub.close()
    with pytest.raises(Draining):
        await asking
