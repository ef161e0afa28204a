"""Those who wait for a watcher's next read: each is answered by one that began after it asked."""

import asyncio

from service.core.errors import ServiceError

from .feed import Feed


class ReadRequests:
    """Who asked before a read began is served by it; who asks meanwhile waits for the next."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[Feed]] = []
        self._served: list[asyncio.Future[Feed]] = []
        self._due_at = 0.0

    @property
    def due_at(self) -> float | None:
        """When the first of those is due who wait for the next read; None where nobody does."""
        return self._due_at if self._waiting else None

    def ask(self, due_at: float) -> "asyncio.Future[Feed]":
        """One more who waits, until it is answered or has left."""
        future: asyncio.Future[Feed] = asyncio.get_running_loop().create_future()
        self._due_at = min(due_at, self._due_at) if self._waiting else due_at
        self._waiting.append(future)
        return future

    def leave(self, future: "asyncio.Future[Feed]") -> None:
        if future in self._waiting:
            self._waiting.remove(future)

    def begin(self) -> None:
        """A read begins now: those who wait are served by it."""
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
        self._waiting = [future for future in self._served if not future.done()] + self._waiting
        self._served.clear()

    def refuse(self, error: ServiceError) -> None:
        """There will be no other read."""
        self.begin()
        self.answer(error)
        self.end()
