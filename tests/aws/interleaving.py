"""Calls of several actors to one table, in an order a test chooses, and deaths between two."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from handrail.aws.calls import AwsCalls

Answer = TypeVar("Answer")


class Actor(AwsCalls):
    """One that calls AWS when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.died = False
        self._let = asyncio.Event()
        self._stopped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def call(
        self, operation: str, call: Coroutine[Any, Any, Answer], *, resource: str | None = None
    ) -> Answer:
        try:
            await self.turn()
        except asyncio.CancelledError:
            call.close()
            raise
        return await super().call(operation, call, resource=resource)

    async def turn(self) -> None:
        """Wait to be let: at each call, and wherever else the order matters."""
        self._stopped.set()
        await self._let.wait()
        self._let.clear()

    async def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Up to its first turn."""
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(lambda _: self._stopped.set())
        await self._stopped.wait()

    @property
    def done(self) -> bool:
        return self._task is None or self._task.done()

    async def go_on(self) -> None:
        """Take the turn, and come to the next one or to the end."""
        assert self._task is not None
        self._stopped.clear()
        self._let.set()
        await self._stopped.wait()
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    async def die(self) -> None:
        """Before the turn that is waited for; whoever is done lives on."""
        if self._task is None or self._task.done():
            return
        self.died = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def play(
    actors: Sequence[Actor], choose: Callable[[Sequence[Actor]], Awaitable[Actor]]
) -> None:
    """One turn after the other, whose it is chosen among those that aren't done."""
    try:
        while alive := [actor for actor in actors if not actor.done]:
            chosen = await choose(alive)
            if not chosen.done:
                await chosen.go_on()
    finally:
        for actor in actors:
            await actor.die()
