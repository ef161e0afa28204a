"""Asking for tasks: a slot first, then a poll, so that a task that was got can start."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from service.core.errors import ServiceError, Unavailable, UpstreamRefused
from service.core.models import ActivityTask
from service.core.ports import Activities

from .delivery import TaskDependencies
from .pacing import refused_s, retry_s
from .slots import Slots

HASTY_S = 1.0
"""AWS holds an empty poll for a minute; what answers sooner than this isn't asked at once again."""

log = structlog.get_logger("worker")


@dataclass(slots=True)
class Poller:
    """One poll at a time for one activity. `start` takes the task over, and the slot with it."""

    activity: str
    arn: str
    worker: str
    activities: Activities
    slots: Slots
    using: TaskDependencies
    start: Callable[[ActivityTask], None]
    _failures: int = field(default=0, init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Until the slots are closed; a poll under way is seen through. Raises what isn't a passing
        trouble: NotFound, InvalidRequest, UnsupportedByEndpoint."""
        while await self.slots.take():
            began = self.using.clock.monotonic()
            try:
                got = await self.activities.poll(self.arn, worker=self.worker)
            except (Unavailable, UpstreamRefused) as error:
                got, pause_s = None, self._failed(error)
            else:
                if self._failures:
                    log.info(
                        "polls are answered again", activity=self.activity, failed=self._failures
                    )
                self._failures = 0
                hasty = got is None and self.using.clock.monotonic() - began < HASTY_S
                pause_s = HASTY_S if hasty else 0.0
            if got is None:
                self.slots.give_back()
            else:
                self.start(got)
            if pause_s:
                await self.using.clock.wait(stop, pause_s)

    def _failed(self, error: ServiceError) -> float:
        """How long to wait. One line a streak; a refusal is told each time, a person must act."""
        self._failures += 1
        if isinstance(error, UpstreamRefused):
            log.error("polls are refused: check the worker's credentials", activity=self.activity)
            return refused_s(failures=self._failures, jitter=self.using.random())
        if self._failures == 1:
            log.warning("polls fail", activity=self.activity, code=error.code)
        at_least_s = error.retry_after_s or 0.0
        return retry_s(failures=self._failures, jitter=self.using.random(), at_least_s=at_least_s)
