"""Tasks that outlive who started them, up to a common end. A fixture's two halves run in different
tasks, which a TaskGroup doesn't take.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Result]) -> "asyncio.Task[Result]":
        """What fails and is awaited by nobody fails at `close`."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Wait for all, also for what they start. Raises what the first that failed raised."""
        while self._running:
            await asyncio.gather(*self._running)
            await asyncio.sleep(0)  # for `_ended`: from Python 3.12 on, ended tasks are no wait

    async def cancel(self) -> None:
        """End all that still run."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if task.cancelled() or task.exception() is None:
            self._running.discard(task)
