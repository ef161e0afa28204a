"""The real clock, held to what the use-cases expect of one; and the tests' own against it."""

import asyncio
from datetime import UTC

import pytest

from handrail.clock import Clock, SystemClock, within
from tests.fakes import FakeClock, run_until_idle


def test_now_is_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_monotonic_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


async def test_sleeping_for_nothing_lets_others_go_on() -> None:
    others: list[int] = []
    asyncio.get_running_loop().call_soon(others.append, 1)
    await SystemClock().sleep(0)
    assert others == [1]


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
async def test_an_event_that_came_ends_the_wait(clock: Clock) -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(clock.wait(event, 60))
    await run_until_idle()
    event.set()
    assert await waiting is True
    assert await clock.wait(event, 60) is True


async def test_a_wait_for_no_time_at_all_ends_without_the_event() -> None:
    assert await SystemClock().wait(asyncio.Event(), 0) is False
    assert await SystemClock().wait(asyncio.Event(), -1) is False


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
async def test_a_cancelled_wait_is_cancelled(clock: Clock) -> None:
    waiting = asyncio.create_task(clock.wait(asyncio.Event(), 60))
    await run_until_idle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_time_passes_for_sleepers_in_order() -> None:
    clock, woken = FakeClock(), list[float]()

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(clock.monotonic())

    async with asyncio.TaskGroup() as tasks:
        for seconds in (3, 1, 2):
            tasks.create_task(sleep(seconds))
        await clock.advance(2.5)
        assert woken == [1, 2]
        await clock.advance(1)
    assert woken == [1, 2, 3]
    assert clock.monotonic() == 3.5
    assert clock.waiting == 0


async def test_a_wait_times_out_when_its_time_has_come() -> None:
    clock = FakeClock()
    waiting = asyncio.create_task(clock.wait(asyncio.Event(), 2))
    await clock.advance(1.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert await waiting is False


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
async def test_what_is_done_within_its_time_isn_t_cut(clock: Clock) -> None:
    async with within(clock, 60):
        await asyncio.sleep(0)
    await run_until_idle()


async def test_what_takes_longer_is_cut_when_its_time_has_come() -> None:
    clock = FakeClock()

    async def hang() -> None:
        async with within(clock, 2):
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await clock.advance(1.9)
    assert not hanging.done()
    await clock.advance(0.2)
    with pytest.raises(TimeoutError):
        await hanging
    assert clock.waiting == 0


async def test_what_fails_within_its_time_fails_as_it_is() -> None:
    clock = FakeClock()
    with pytest.raises(LookupError):
        async with within(clock, 60):
            raise LookupError
    await run_until_idle()
    assert clock.waiting == 0
