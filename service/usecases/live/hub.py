"""The registry of watchers: who looks at what, and that each thing is read once."""

import asyncio
import contextvars
import random as stdlib_random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from service.core.addresses import PATHS, Addresses
from service.core.errors import (
    Draining,
    ExecutionNotFound,
    Overloaded,
    ServiceError,
    Unavailable,
)
from service.core.models import Account, ExecutionId
from service.core.pacing import Pace
from service.core.protocol import Level
from service.usecases.clock import Clock

from .feed import Feed
from .place import cursor_or_none
from .source import Source
from .subscription import Subscription
from .watcher import Watcher, WatcherLimits

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """How the hub behaves; seconds and bytes. `addresses` are what links lead to.

    `patience_s` is how long a request may have to wait for the turn of its first read. Watchers
    wait as long as it takes: they are served in order, and there are `max_watchers` at most."""

    pace: Pace = field(default_factory=Pace)
    linger_s: float = 3.0
    log_bytes: int = 8 * 1024 * 1024
    max_watchers: int = 2_000
    addresses: Addresses = PATHS
    patience_s: float = 10.0


class Hub:
    """Opened by `bootstrap`; owns the tasks of its watchers."""

    def __init__(
        self,
        source: Source,
        limits: LiveLimits,
        clock: Clock,
        *,
        random: Callable[[], float] = stdlib_random.random,
    ) -> None:
        self._source = source
        self._limits = limits
        self._clock = clock
        self._random = random
        self._watchers: dict[ExecutionId, Watcher] = {}
        self._tasks: dict[asyncio.Task[None], Watcher] = {}
        self._waits: set[asyncio.Event] = set()
        self._draining = False

    @property
    def watchers(self) -> int:
        """How many executions are watched now."""
        return len(self._watchers)

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        """What the watchers run in, for whoever tells them from other tasks."""
        return frozenset(self._tasks)

    def subscribe(
        self,
        execution: str,
        *,
        id: str,
        after: str | None,
        level: Level,
        wake: Callable[[], None],
    ) -> Subscription:
        """Look at an execution from a cursor on. Returns at once; messages come through `wake` and
        `next_message`. Raises ExecutionNotFound for what can't be an id, Unavailable when full."""
        execution_id, account = reference(execution)
        watcher = self._watcher(execution_id)
        subscription = Subscription(
            watcher, id=id, after=cursor_or_none(after), level=level, account=account, wake=wake
        )
        watcher.join(subscription)
        return subscription

    @asynccontextmanager
    async def held(self, execution: str, *, fresh: bool = True) -> AsyncIterator[Watcher]:
        """The execution's watcher, kept running meanwhile; read at least once since the call, or,
        where it needn't be `fresh`, at least once.

        Raises ExecutionNotFound, UnsupportedByType, Unavailable; at once where too many reads
        stand in line already."""
        execution_id, account = reference(execution)
        if (wait_s := self._source.wait_s()) > self._limits.patience_s:
            raise Overloaded("Too many reads are waiting for their turn.", retry_after_s=wait_s)
        watcher = self._watcher(execution_id)
        with watcher.held():
            if fresh or watcher.feed is None:
                await watcher.fresh()
            if account not in {None, watcher.account}:
                raise ExecutionNotFound("No such execution in this account and region.")
            yield watcher

    async def until(
        self, watcher: Watcher, done: Callable[[Feed], bool], *, timeout_s: float
    ) -> Feed:
        """The feed once it is `done`, or as it is after the timeout. The watcher must be held."""
        changed = asyncio.Event()
        subscription = Subscription(
            watcher, id="", after=None, level=Level.STATUS, account=None, wake=changed.set
        )
        watcher.join(subscription)
        self._waits.add(changed)
        ends_at = self._clock.monotonic() + timeout_s
        try:
            while not (done(watcher.known()) or self._draining or subscription.failure):
                changed.clear()
                left_s = ends_at - self._clock.monotonic()
                if left_s <= 0 or not await self._clock.wait(changed, left_s):
                    break
        finally:
            self._waits.discard(changed)
            subscription.close()
        return watcher.known()

    async def rest(self) -> None:
        """Until no read is under way. Watchers that nobody uses wait and read nothing: the loop may
        stop then, and go on whenever the next request comes."""
        for watcher in tuple(self._watchers.values()):
            await watcher.rest()

    def give_up(self) -> frozenset[asyncio.Task[None]]:
        """Cancel the reads under way, each with its watcher, whose history is then read anew. The
        tasks that end by it."""
        reading = {task for task, watcher in self._tasks.items() if watcher.reading}
        for task in reading:
            task.cancel()
        return frozenset(reading)

    def drain(self) -> None:
        """The process is going away: nothing waits any longer."""
        self._draining = True
        for changed in self._waits:
            changed.set()

    def nudge(self, id: ExecutionId) -> None:
        """Something changed there: whoever watches it reads now."""
        if (watcher := self._watchers.get(id)) is not None:
            watcher.nudge()

    async def close(self) -> None:
        """Stop every watcher. Nothing is told: the sockets are closed first."""
        self.drain()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _watcher(self, id: ExecutionId) -> Watcher:
        if (watcher := self._watchers.pop(id, None)) is not None:
            self._watchers[id] = watcher  # the last to make room
            return watcher
        if self._draining:
            raise Draining("This replica is shutting down.")
        if len(self._watchers) >= self._limits.max_watchers and not self._make_room():
            raise Unavailable("This replica watches as many executions as it may.")
        limits = self._limits
        watcher = self._watchers[id] = Watcher(
            id,
            self._source,
            limits=WatcherLimits(limits.pace, limits.linger_s, limits.log_bytes, limits.addresses),
            clock=self._clock,
            random=self._random,
        )
        own = (
            contextvars.Context()
        )  # not the request's that happened to come first: its id is logged
        task = asyncio.get_running_loop().create_task(self._run(watcher), context=own)
        self._tasks[task] = watcher
        task.add_done_callback(self._tasks.pop)
        return watcher

    def _make_room(self) -> bool:
        """Let one of those go that only linger, whichever was asked for the longest ago. False
        where all are in use."""
        idle = (watcher for watcher in self._watchers.values() if not watcher.in_use)
        if (found := next(idle, None)) is None:
            return False
        self._forget(found)
        found.dismiss()
        return True

    async def _run(self, watcher: Watcher) -> None:
        try:
            await watcher.run()
        except ServiceError as error:
            self._forget(watcher)
            watcher.end(error)
        except Exception:
            log.exception("watcher failed", execution=str(watcher.id))
            self._forget(watcher)
            watcher.end(Unavailable("The watcher of this execution failed; subscribe again."))
        finally:
            self._forget(watcher)
            watcher.abandon()

    def _forget(self, watcher: Watcher) -> None:
        if self._watchers.get(watcher.id) is watcher:
            del self._watchers[watcher.id]


def reference(execution: str) -> tuple[ExecutionId, Account | None]:
    """An id, or a full ARN with the account it must then be in. Raises ExecutionNotFound."""
    id = ExecutionId.parse(execution)
    return id, Account.of(execution) if execution.startswith("arn:") else None
