"""A handler in a test's hands, and what the tests of this room share."""

import asyncio
from typing import Any

from handrail.core.errors import Unavailable
from handrail.worker import Task

from .rig import Rig

Logs = list[dict[str, Any]]
LOST = Unavailable("AWS can't be reached.")


def events(logs: Logs, *levels: str) -> list[str]:
    return [line["event"] for line in logs if line["log_level"] in levels]


class Work:
    """A handler that a test lets go on, or watches being cancelled."""

    def __init__(self, rig: Rig, heartbeat_s: float = 20) -> None:
        self.begun = 0
        self.cancelled = 0
        self.go_on = asyncio.Event()
        self.told: Task | None = None
        rig.worker.activity("review", heartbeat_s=heartbeat_s)(self.handle)

    async def handle(self, input: Any, task: Task) -> Any:
        self.begun += 1
        self.told = task
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return {"reviewed": input}


async def until(reached: Any) -> None:
    """Another thread has to get somewhere."""
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 see above
            await asyncio.sleep(0.001)
