"""Holds those who use a watcher: subscriptions, and requests that keep it running."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf

from handrail.clock import Clock
from handrail.core.errors import ServiceError

from .subscription import Subscription


@dataclass(eq=False, slots=True, repr=False)
class Audience:
    """Of one watcher. Who comes or goes sets `moved`."""

    clock: Clock
    linger_s: float
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    subscriptions: dict[Subscription, None] = field(init=False, default_factory=dict)
    _requests: int = field(init=False, default=0)
    _dismissed: bool = field(init=False, default=False)
    _left_at: float = field(init=False, default=-inf)  # by whoever was here last

    def __bool__(self) -> bool:
        return bool(self.subscriptions) or self._requests > 0

    def add(self, subscription: Subscription) -> None:
        self.subscriptions[subscription] = None
        self.moved.set()

    def remove(self, subscription: Subscription) -> None:
        self.subscriptions.pop(subscription, None)
        self._left()

    @contextmanager
    def request(self) -> Iterator[None]:
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            self._left()

    def dismiss(self) -> None:
        """Don't linger: others need the room."""
        self._dismissed = True
        self.moved.set()

    async def stays(self) -> bool:
        """True if anybody is here, or comes within the linger time."""
        begun_at = self.clock.monotonic()
        while not self:
            left_at = max(begun_at, self._left_at)
            wait_s = left_at + self.linger_s - self.clock.monotonic()
            if wait_s <= 0 or self._dismissed:
                return False
            self.moved.clear()
            await self.clock.wait(self.moved, wait_s)
        return True

    def _left(self) -> None:
        self._left_at = self.clock.monotonic()
        self.moved.set()

    def wake(self) -> None:
        for subscription in tuple(self.subscriptions):
            subscription.wake()

    def notify(self, error: ServiceError) -> None:
        for subscription in tuple(self.subscriptions):
            subscription.notify(error)

    def recovered(self) -> None:
        for subscription in tuple(self.subscriptions):
            subscription.recovered()

    def fail(self, error: ServiceError) -> None:
        for subscription in tuple(self.subscriptions):
            subscription.fail(error)
