"""Bounds work in time, in how much of it goes on at once, and in whom its trouble concerns."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog

from handrail.clock import Clock
from handrail.core.errors import DeadlineExceeded, ServiceError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


async def within(
    clock: Clock, work: Awaitable[Answer], timeout_s: float, *, unless: asyncio.Event | None = None
) -> Answer:
    """Answers or raises what the work does. Cancels it after the timeout, or once `unless` is set,
    and raises DeadlineExceeded."""
    done = asyncio.Event()
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future((unless or asyncio.Event()).wait())
    for each in (task, stop):
        each.add_done_callback(lambda _: done.set())
    try:
        await clock.wait(done, max(0.0, timeout_s))
        if not task.done():
            raise DeadlineExceeded("This invocation's time is up.")
        return task.result()
    finally:
        for each in (task, stop):
            each.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)


async def gather_bounded(
    items: Iterable[Item], work: Callable[[Item], Awaitable[None]], bound: asyncio.Semaphore
) -> None:
    """Does the work for every item, as many at once as the semaphore lets."""

    async def bounded(item: Item) -> None:
        async with bound:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for item in items:
            group.create_task(bounded(item))


async def succeeds(work: Awaitable[object], failure: str, **fields: str) -> bool:
    """Does the work; False where it raised, which is logged as a `failure` with these fields."""
    try:
        await work
    except ServiceError as error:
        log.warning(failure, code=error.code, **fields)
    except Exception:
        log.exception(failure, **fields)
    else:
        return True
    return False
