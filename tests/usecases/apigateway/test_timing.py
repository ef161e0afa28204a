"""Work within an invocation's time."""

import asyncio

import pytest

from handrail.core.errors import DeadlineExceeded
from handrail.usecases.apigateway.timing import gather_bounded, within
from tests.fakes import FakeClock, run_until_idle


async def test_work_that_is_done_in_time_answers() -> None:
    async def work() -> int:
        return 7

    assert await within(FakeClock(), work(), 1) == 7


async def test_work_that_fails_raises() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(FakeClock(), work(), 1)


async def test_work_that_takes_too_long_is_cancelled_and_let_end() -> None:
    clock, ended = FakeClock(), []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    waiting = asyncio.create_task(within(clock, work(), 5))
    await clock.advance(4.9)
    assert not waiting.done()
    await clock.advance(0.1)
    with pytest.raises(DeadlineExceeded):
        await waiting
    assert ended == [True]


async def test_work_that_must_stop_is_cancelled_at_once() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(within(FakeClock(), asyncio.Event().wait(), 5, unless=stop))
    await run_until_idle()
    assert not waiting.done()
    stop.set()
    await run_until_idle()
    with pytest.raises(DeadlineExceeded):
        await waiting


async def test_who_waits_takes_the_work_along() -> None:
    started, ended = asyncio.Event(), []

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    waiting = asyncio.create_task(within(FakeClock(), work(), 5))
    await started.wait()
    waiting.cancel()
    await run_until_idle()
    assert waiting.cancelled()
    assert ended == [True]


async def test_all_is_done_and_only_so_much_at_once() -> None:
    now, most, done = 0, 0, []

    async def work(item: int) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        done.append(item)

    await gather_bounded(range(20), work, asyncio.Semaphore(4))
    assert sorted(done) == list(range(20))
    assert most == 4
