"""Runs the watchers, one for each execution that is looked at, and what folds for them."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import structlog

from handrail.core.errors import Draining, ServiceError, Unavailable
from handrail.core.models import ExecutionId

from .watcher import Watcher

log = structlog.get_logger(__name__)


@dataclass(slots=True, repr=False)
class WatcherPool:
    """`watchers` are those that run, asked for the longest ago first; `folding` folds pushes."""

    most: int
    new: Callable[[ExecutionId], Watcher]
    watchers: dict[ExecutionId, Watcher] = field(init=False, default_factory=dict)
    tasks: dict[asyncio.Task[None], Watcher] = field(init=False, default_factory=dict)
    folding: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    draining: bool = field(init=False, default=False)

    def watcher(self, id: ExecutionId) -> Watcher:
        """The execution's, begun now where it isn't watched. Raises Draining, Unavailable."""
        if (watcher := self.watchers.pop(id, None)) is not None:
            self.watchers[id] = watcher  # the last to make room
            return watcher
        if self.draining:
            raise Draining("This replica is shutting down.")
        if len(self.watchers) >= self.most:
            idle = (watcher for watcher in self.watchers.values() if not watcher.in_use)
            if (lingering := next(idle, None)) is None:
                raise Unavailable("This replica watches as many executions as it may.")
            self._forget(lingering)  # of those that only linger, asked for the longest ago
            lingering.dismiss()
        watcher = self.watchers[id] = self.new(id)
        self.tasks[_task(self._run(watcher), self.tasks.pop)] = watcher
        return watcher

    def spawn(self, folding: Coroutine[None, None, None]) -> None:
        """What this raises must be told by itself."""
        self.folding.add(_task(folding, self.folding.discard))

    async def wait_idle(self) -> None:
        """As `Hub.wait_idle`."""
        for watcher in tuple(self.watchers.values()):
            async with watcher.reading:
                continue

    def cancel_reads(self) -> frozenset[asyncio.Task[None]]:
        """As `Hub.cancel_reads`."""
        reading = {task for task, watcher in self.tasks.items() if watcher.reading.locked()}
        for task in reading:
            task.cancel()
        return frozenset(reading)

    async def _run(self, watcher: Watcher) -> None:
        error: ServiceError | None = None
        try:
            await watcher.run()
        except ServiceError as raised:
            error = raised
        except Exception:
            log.exception("watcher failed", execution=str(watcher.id))
            error = Unavailable("The watcher of this execution failed; subscribe again.")
        finally:
            self._forget(watcher)
            watcher.end(error)

    def _forget(self, watcher: Watcher) -> None:
        if self.watchers.get(watcher.id) is watcher:
            del self.watchers[watcher.id]


def _task(
    coroutine: Coroutine[None, None, None], ended: Callable[[asyncio.Task[None]], object]
) -> asyncio.Task[None]:
    """In no request's context: its id would be logged, and all of it kept. `ended` is called with
    the task."""
    context = contextvars.Context()
    task = asyncio.get_running_loop().create_task(coroutine, context=context)
    task.add_done_callback(ended, context=context)
    return task
