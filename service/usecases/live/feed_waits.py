"""Lets requests wait until a watched execution has come so far."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from handrail.clock import Clock
from handrail.core.protocol.client_messages import Level

from .feed import Feed
from .subscription import Subscription
from .watcher import Watcher


@dataclass(slots=True, repr=False)
class FeedWaits:
    clock: Clock
    _waiting: set[asyncio.Event] = field(init=False, default_factory=set)
    _over: bool = field(init=False, default=False)

    async def until(
        self, watcher: Watcher, done: Callable[[Feed], bool], *, timeout_s: float, level: Level
    ) -> Feed:
        """As `Hub.wait_until`."""
        changed = asyncio.Event()
        subscription = Subscription(
            watcher, id="", after=None, level=level, account=None, wake=changed.set
        )
        watcher.join(subscription)
        self._waiting.add(changed)
        ends_at = self.clock.monotonic() + timeout_s
        try:
            while not (done(watcher.require_feed()) or self._over or subscription.failure):
                changed.clear()
                left_s = ends_at - self.clock.monotonic()
                if left_s <= 0 or not await self.clock.wait(changed, left_s):
                    break
        finally:
            self._waiting.discard(changed)
            subscription.close()
        return watcher.require_feed()

    def end(self) -> None:
        """Nothing waits any longer."""
        self._over = True
        for changed in self._waiting:
            changed.set()
