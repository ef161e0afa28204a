"""Tells subscribers that changes take longer than was promised, before they do.

A read that waits for its turn can't tell it: others come, or whoever read for all is gone. So each
promise is looked at now and then, and a moment before it might be broken.
"""

import asyncio
import contextvars
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from operator import itemgetter

import structlog

from handrail.clock import Clock

from .watcher import Watcher

log = structlog.get_logger(__name__)

LOOK_S = 1.0  # between two looks at all promises


@dataclass(slots=True, repr=False)
class Promises:
    """`watchers` are all of the hub's; `task` looks while somebody subscribes."""

    clock: Clock
    watchers: Callable[[], Collection[Watcher]]
    task: asyncio.Task[None] | None = field(init=False, default=None)

    def keep(self) -> None:
        """From now on, while anybody is subscribed."""
        if self.task is None or self.task.done():
            context = contextvars.Context()  # not the first request's
            self.task = asyncio.get_running_loop().create_task(self._run(), context=context)

    async def _run(self) -> None:
        try:
            while promised := [watcher for watcher in self.watchers() if watcher.subscriptions]:
                await self._look(promised)
        except Exception:
            log.exception("promises not kept")

    async def _look(self, promised: Collection[Watcher]) -> None:
        over_at = self.clock.monotonic() + LOOK_S
        for watcher in promised:
            watcher.promise_anew()
            watcher.announce()
        dues = [(watcher.promise_due_at, watcher) for watcher in promised]
        for due_at, watcher in sorted(dues, key=itemgetter(0)):
            if due_at >= over_at:
                break
            await self.clock.sleep(max(0.0, due_at - self.clock.monotonic()))
            watcher.promise_anew()
        await self.clock.sleep(max(0.0, over_at - self.clock.monotonic()))
