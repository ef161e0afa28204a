"""A worker over fakes: time moves when a test says so, jitter is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

import pytest

from handrail.worker import Worker
from handrail.worker.answer_delivery import TaskDependencies
from handrail.worker.running import Limits, Running, resolve
from tests.fakes import FakeClock, run_until_idle

from .fakes import FakeActivities, FakeTasks


@dataclass
class Rig:
    """`worker` is for the test to register with before `working`."""

    activities: FakeActivities
    tasks: FakeTasks = field(default_factory=FakeTasks)
    clock: FakeClock = field(default_factory=FakeClock)
    worker: Worker = field(default_factory=Worker)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    jitter: float = 0.0

    @property
    def means(self) -> TaskDependencies:
        return TaskDependencies(self.tasks, self.clock, lambda: self.jitter)

    @asynccontextmanager
    async def working(
        self, limits: Limits | None = None, *, ends: type[BaseException] | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        """The worker at work; stopped at the end, where the test didn't. `ends` is how it must."""
        registrations = self.worker.registrations("test")
        served = await resolve(registrations, self.activities, create=False)
        running = Running(
            served, self.activities, self.means, name="ada", limits=limits or Limits()
        )
        task = asyncio.create_task(running.run(self.stop))
        await run_until_idle()
        try:
            yield task
        finally:
            self.stop.set()
            await self.clock.advance(1000)
            async with asyncio.timeout(10):
                await asyncio.wait({task})
        with pytest.raises(ends) if ends else nullcontext():
            task.result()
