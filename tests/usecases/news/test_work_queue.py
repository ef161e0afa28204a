"""A few tasks work on many things, each by one of them at a time."""

import asyncio

from handrail.usecases.news.work_queue import WorkQueue
from tests.fakes import run_until_idle


class Work:
    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    async def __call__(self, thing: str) -> None:
        self.begun.append(thing)
        self.ends[thing] = asyncio.Event()
        await self.ends[thing].wait()


async def test_one_thing_is_worked_on_once_at_a_time_and_again_where_it_was_added_meanwhile() -> (
    None
):
    work = Work()
    queue = WorkQueue[str](work, 2)
    running = asyncio.ensure_future(queue.run())
    for thing in ("a", "a", "b", "c"):
        queue.add(thing)
    await run_until_idle()
    assert work.begun == ["a", "b"]
    queue.add("a")
    work.ends["b"].set()
    await run_until_idle()
    assert work.begun == ["a", "b", "c"]
    work.ends["a"].set()
    await run_until_idle()
    assert work.begun == ["a", "b", "c", "a"]
    queue.add("d")
    queue.clear()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert work.begun == ["a", "b", "c", "a"]
