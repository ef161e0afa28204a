"""Shares one hub's watches with other replicas: asks the bus for all that is due in one go, keeps
the leases of those that are read here, and writes what was read.

The watchers fold in their own tasks; here is only when the bus is asked, and for what.
"""

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

import structlog

from handrail.clock import Clock
from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId
from handrail.core.reader_lease import AGAIN_S
from handrail.core.watch_bus import Attendance, WatchBus, WatchWrite

from .shared_watch import SharedWatch
from .watch_reader import Reader

log = structlog.get_logger(__name__)

AT_ONCE = 50  # watches: the first are shown while the next are asked for
ROUND_S = 0.05  # between the beginnings of two rounds: what comes meanwhile goes together
ALL_EVENTS = 10**9  # more than a history holds


@dataclass(eq=False, slots=True, repr=False)
class SharedWatches:
    """All of one hub's. `task` asks while there are any; `lag_seen` is told of what comes."""

    bus: WatchBus
    clock: Clock
    lag_seen: Callable[[str, float], None]
    task: asyncio.Task[None] | None = field(init=False, default=None)
    _watches: dict[SharedWatch, None] = field(init=False, default_factory=dict)
    _by_id: dict[ExecutionId, SharedWatch] = field(init=False, default_factory=dict)
    _left: set[ExecutionId] = field(init=False, default_factory=set)  # held by who has ended
    _last_words: list[WatchWrite] = field(init=False, default_factory=list)
    _wake: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.bus.listen(self._moved, self._asked, self._missed)

    def join(self, reader: Reader) -> SharedWatch:
        watch = SharedWatch(reader, self)
        self._watches[watch] = None
        self._by_id[reader.id] = watch
        self._wake.set()
        if self.task is None or self.task.done():
            context = contextvars.Context()  # not the first request's
            self.task = asyncio.get_running_loop().create_task(self._run(), context=context)
        return watch

    def leave(self, watch: SharedWatch) -> None:
        """It ends. What it has to tell is told, and a lease that it holds is given up."""
        self._watches.pop(watch, None)
        if self._by_id.get(watch.reader.id) is watch:
            del self._by_id[watch.reader.id]
            if (write := watch.write()) is not None:
                self._last_words.append(write)
            if watch.leads:
                self._left.add(watch.reader.id)
            self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    async def ask(self, id: ExecutionId) -> None:
        """Where the bus is away nothing is lost: the request reads by itself in a moment."""
        try:
            await self.bus.ask(id)
        except Unavailable as error:
            log.debug("reader not asked", code=error.code)

    async def close(self) -> None:
        """All watchers have ended: others may read at once."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        for watch in tuple(self._watches):
            self.leave(watch)
        await self._write()
        await self._give_up()

    async def _run(self) -> None:
        while self._watches or self._left or self._last_words:
            begun_at = self.clock.monotonic()
            self._wake.clear()
            due = [watch for watch in self._watches if watch.marked or watch.next_at <= begun_at]
            try:
                await self._write()  # before a lease is given up
                for at in range(0, len(due), AT_ONCE):
                    await self._ask(due[at : at + AT_ONCE])
                await self._give_up()
                await self._write()
            except Exception:
                log.exception("watches not shared")
                for watch in self._watches:
                    watch.unanswered(begun_at)
                await self.clock.sleep(AGAIN_S)
            now = self.clock.monotonic()
            await self.clock.sleep(max(0.0, begun_at + ROUND_S - now))
            next_at = min((watch.next_at for watch in self._watches), default=inf)
            if self._watches and not any(watch.marked for watch in self._watches):
                await self.clock.wait(self._wake, max(0.0, next_at - self.clock.monotonic()))

    async def _ask(self, due: Sequence[SharedWatch]) -> None:
        asked, at = [watch.attendance() for watch in due], self.clock.monotonic()
        served, led = [watch.served() for watch in due], {watch for watch in due if watch.leads}
        try:
            answers = await self.bus.attend(asked)
        except Unavailable:
            for watch in due:
                watch.unanswered(at)
        else:
            returned_at = self.clock.monotonic()
            for watch, answer in zip(due, answers, strict=True):
                watch.answered(at, returned_at, answer)
            self._left |= {w.reader.id for w in due if w.leads and w not in self._watches}
            for watch in led:
                if not (watch.leads or watch.follows):
                    await self.ask(watch.reader.id)  # it is free: others may read
        finally:
            for waiting in served:
                waiting.set()

    async def _give_up(self) -> None:
        """The leases of watches that have ended. Where the bus is away they run out."""
        left = [id for id in self._left if id not in self._by_id]
        self._left.clear()
        try:
            if left:
                await self.bus.attend([Attendance(id, ALL_EVENTS, wants=False) for id in left])
                for id in left:
                    await self.bus.ask(id)
        except Unavailable as error:
            log.debug("leases not given up", code=error.code)

    async def _write(self) -> None:
        writes = [(watch, write) for watch in self._watches if (write := watch.write())]
        last_words, self._last_words = self._last_words, []
        if not writes and not last_words:
            return
        try:
            lasts = await self.bus.append([*(write for _, write in writes), *last_words])
        except Exception as error:  # written once the lease is renewed, if it is
            for watch, _ in writes:
                watch.unwritten()
            if not isinstance(error, Unavailable):
                raise
            log.debug("events not shared", code=error.code)
            return
        for (watch, write), last in zip(writes, lasts, strict=False):
            watch.wrote(write, last)

    def _moved(self, id: ExecutionId, position: int) -> None:
        if (watch := self._by_id.get(id)) is not None:
            watch.heard(position)

    def _asked(self, id: ExecutionId) -> None:
        if (watch := self._by_id.get(id)) is not None:
            watch.ask()

    def _missed(self) -> None:
        for watch in self._watches:
            watch.mark()
