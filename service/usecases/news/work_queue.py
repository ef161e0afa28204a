"""Has things worked on by a few tasks, each thing by one of them at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(slots=True, repr=False)
class WorkQueue(Generic[Thing]):
    """What is added while it is worked on is worked on again afterwards. What `work` raises ends
    them all."""

    work: Callable[[Thing], Awaitable[None]]
    workers: int
    _due: dict[Thing, None] = field(init=False, default_factory=dict)
    _busy: set[Thing] = field(init=False, default_factory=set)
    _more: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def add(self, thing: Thing) -> None:
        """Returns at once."""
        self._due[thing] = None
        self._more.set()

    def clear(self) -> None:
        self._due.clear()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.workers):
                group.create_task(self._run())

    async def _run(self) -> None:
        while True:
            thing = next((each for each in self._due if each not in self._busy), None)
            if thing is None:
                self._more.clear()
                await self._more.wait()
                continue
            del self._due[thing]
            self._busy.add(thing)
            try:
                await self.work(thing)
            finally:
                self._busy.discard(thing)
            self._more.set()
