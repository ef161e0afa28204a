"""Keeps the requests that wait for a watcher's next read, and the turn which that waits for."""

import asyncio

from service.core.errors import ServiceError
from service.core.read_queue import Urgency, Waiter

from .feed import Feed
from .read_budget import PacedCalls


class ReadRequests:
    """A read serves the requests made before it began; those made meanwhile wait for the next."""

    def __init__(self, calls: PacedCalls) -> None:
        self._calls = calls
        self._waiting: list[asyncio.Future[Feed]] = []
        self._served: list[asyncio.Future[Feed]] = []
        self._due_at = 0.0
        self._waiter: Waiter | None = None
        self._over: ServiceError | None = None
        self.begun = False
        """True if the read has had its first turn."""

    @property
    def due_at(self) -> float | None:
        """The earliest moment a request waiting for the next read is due; None where none waits."""
        return self._due_at if self._waiting else None

    @property
    def awaiting_turn(self) -> bool:
        """True if there is a read that hasn't begun: who asks now is served by it."""
        return self._waiter is not None and not self.begun

    async def wait(self, due_at: float) -> Feed:
        """The feed after the next read to begin. That goes before those that nobody waits for, and
        of requests' those first that are due first. Raises what the read raises, and why there
        will be no other."""
        if self._over is not None:
            raise self._over
        future: asyncio.Future[Feed] = asyncio.get_running_loop().create_future()
        self._due_at = min(due_at, self._due_at) if self._waiting else due_at
        self._waiting.append(future)
        self.hasten(Urgency.REQUEST, due_at)
        try:
            return await future
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def hasten(self, urgency: Urgency, due_at: float) -> None:
        if self._waiter is not None:
            self._calls.hasten(self._waiter, urgency, due_at)

    def want(self) -> None:
        """Somebody came: what was to be read for nobody goes on."""
        if self._waiter is not None:
            self._waiter.wanted = True

    def withdraw(self) -> None:
        """Nobody is here any more, to read for."""
        if self._waiter is not None:
            self._calls.withdraw(self._waiter)

    def next_waiter(self, urgency: Urgency, due_at: float) -> Waiter:
        """For the turns of the next read; `urgency` and `due_at` where nobody waits for it."""
        if self._waiting:
            urgency, due_at = Urgency.REQUEST, self._due_at
        self._waiter, self.begun = Waiter(urgency, due_at), False
        return self._waiter

    def begin(self) -> None:
        """The read begins now: those who wait are served by it."""
        self.begun = True
        self._served += self._waiting
        self._waiting.clear()

    def answer(self, result: Feed | ServiceError) -> None:
        """Answer those served; who has gone away is passed over."""
        for future in self._served:
            if future.done():
                continue
            if isinstance(result, ServiceError):
                future.set_exception(result)
            else:
                future.set_result(result)

    def end(self) -> None:
        """The read is over: those it left unanswered wait for the next."""
        self._waiter = None
        self._waiting = [future for future in self._served if not future.done()] + self._waiting
        self._served.clear()

    def refuse(self, error: ServiceError) -> None:
        """There will be no other read, for the first reason given."""
        self._over = self._over or error
        self.begin()
        self.answer(self._over)
        self.end()
