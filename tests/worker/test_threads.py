"""Plain functions in threads: results, errors, and what happens when nobody waits."""

import asyncio
import contextvars
import threading
from collections.abc import Callable

import pytest

from handrail.worker.threads import call_in_thread

WHO = contextvars.ContextVar("WHO", default="nobody")


def fails(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


async def test_it_answers_from_another_daemon_thread() -> None:
    over = asyncio.Event()
    thread = await call_in_thread(threading.current_thread, done=over.set)
    assert thread.daemon
    assert over.is_set()


async def test_the_context_goes_along() -> None:
    WHO.set("ada")
    assert await call_in_thread(WHO.get, done=lambda: None) == "ada"


@pytest.mark.parametrize(
    ("raised", "seen"),
    [(KeyError("k"), KeyError), (SystemExit(3), SystemExit), (StopIteration(), RuntimeError)],
)
async def test_what_it_raises_is_raised_here(
    raised: BaseException, seen: type[BaseException]
) -> None:
    over = asyncio.Event()
    with pytest.raises(seen):
        await call_in_thread(fails(raised), done=over.set)
    assert over.is_set()


async def test_who_stops_waiting_is_told_when_the_function_is_over() -> None:
    begun, go_on, over = asyncio.Event(), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)

    waiting = asyncio.create_task(call_in_thread(work, done=over.set))
    await begun.wait()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    assert not over.is_set()
    go_on.set()
    await asyncio.wait_for(over.wait(), 10)


def test_a_loop_that_is_gone_is_nobody_to_tell() -> None:
    go_on, ended = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        ended.set()
        go_on.wait(10)

    async def leave() -> None:
        waiting = asyncio.create_task(call_in_thread(work, done=lambda: None))
        while not ended.is_set():  # noqa: ASYNC110 another thread sets it
            await asyncio.sleep(0.001)
        waiting.cancel()

    asyncio.run(leave())
    go_on.set()
    threads[0].join(10)
    assert not threads[0].is_alive()
