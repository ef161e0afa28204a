"""Does what the leader of a fleet does for news: finds them, and sends them."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from handrail.clock import Clock, within
from handrail.core.news.news_outbox import Outbox

from .news_follower import NewsFollower
from .news_meter import NewsMeter, measure_outbox
from .sender import ENDING_S, NewsSender
from .sweep import NewsSweep

FINISH_S = ENDING_S + 2.0


@dataclass(slots=True, repr=False)
class NewsWork:
    """`new_sender` makes one for the subscriptions of now."""

    outbox: Outbox
    follower: NewsFollower
    sweep: NewsSweep
    new_sender: Callable[[], NewsSender]
    meter: NewsMeter
    clock: Clock
    _sender: NewsSender | None = field(init=False, default=None)
    _finding: list[asyncio.Task[None]] = field(init=False, default_factory=list)
    _sending: asyncio.Task[None] | None = field(init=False, default=None)

    async def run(self) -> None:
        """Until cancelled, or finished."""
        self._sender, resumed = self.new_sender(), asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:

                def begin(work: Coroutine[Any, Any, None]) -> None:
                    self._finding.append(group.create_task(work))

                self._sending = group.create_task(self._sender.run())
                begin(measure_outbox(self.outbox, self.meter, self.clock))
                begin(self.follower.run(resumed.set))
                begin(self._sweep_after(resumed))
        finally:
            self._sender = self._sending = None
            self._finding.clear()

    async def finish(self) -> None:
        """Find nothing more, and let what is being sent arrive, within some seconds."""
        for task in self._finding:
            task.cancel()
        sender, sending = self._sender, self._sending
        if sender is not None and sending is not None:
            sender.stop()
            with suppress(TimeoutError):  # an outbox that hangs isn't waited for
                async with within(self.clock, FINISH_S):
                    await asyncio.wait((sending,))

    def wake(self) -> None:
        """Something waits to be sent. Returns at once."""
        if self._sender is not None:
            self._sender.wake()

    async def _sweep_after(self, resumed: asyncio.Event) -> None:
        await resumed.wait()
        await self.sweep.run()
