"""Paces what the live hub asks AWS: a queue and a quota for every operation it calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf, isinf
from typing import TypeVar

from service.clock import Clock
from service.core.errors import Throttled
from service.core.pacing import TokenBucket
from service.core.read_queue import ReadQueue, Urgency, Waiter

Result = TypeVar("Result")


class TurnWithdrawn(Exception):
    """Whoever waited for this turn needs it no more."""


@dataclass(frozen=True, slots=True, repr=False)
class PacedCalls:
    """The calls of one operation, each made when its turn has come. A throttled answer slows all of
    them down."""

    queue: ReadQueue
    clock: Clock
    _changed: dict[Waiter, asyncio.Event] = field(init=False, default_factory=dict)

    @property
    def watches_per_s(self) -> float:
        """Calls a second that are left to watches, as the quota refills now."""
        return self.queue.watch_rate

    def request_wait_s(self, due_at: float) -> float:
        """About how long a person's request would wait for its turn, if it were due then."""
        return self.queue.request_wait_s(self.clock.monotonic(), due_at)

    def watch_wait_s(self, urgency: Urgency) -> float:
        """About how long a watch of this class waits for its turn."""
        return self.queue.watch_wait_s(urgency)

    @asynccontextmanager
    async def turn(self, waiter: Waiter) -> AsyncIterator[None]:
        """Around one call: entered when it may be made. Raises TurnWithdrawn.

        Who is cancelled while waiting leaves the queue, and nothing was used up."""
        await self._wait(waiter)
        asked_at = self.clock.monotonic()
        try:
            yield
        except Throttled:
            self.queue.quota.throttled(self.clock.monotonic(), asked_at=asked_at)
            raise
        finally:
            self.queue.done()
            self._wake_head()

    async def call(self, read: Callable[[], Awaitable[Result]]) -> Result:
        """One call in the order of arrival."""
        async with self.turn(Waiter(Urgency.CHANGING, self.clock.monotonic())):
            return await read()

    def hasten(self, waiter: Waiter, urgency: Urgency, deadline: float) -> None:
        """Let its turns come before, where this is more urgent than what it waits for."""
        self.queue.hasten(waiter, urgency, deadline)
        self._wake_head()

    def withdraw(self, waiter: Waiter) -> None:
        """Nobody needs it any more: the turn that it waits for, or else its next one, raises
        TurnWithdrawn. Until then it may be wanted again."""
        waiter.wanted = False
        if (changed := self._changed.get(waiter)) is not None:
            changed.set()

    async def _wait(self, waiter: Waiter) -> None:
        changed = self._changed[waiter] = asyncio.Event()
        self.queue.add(waiter)
        try:
            while True:
                changed.clear()  # before the look: what changes meanwhile causes another
                if (wait_s := await self._take(waiter)) <= 0:
                    return
                if isinf(wait_s):
                    await changed.wait()
                else:
                    await self.clock.wait(changed, wait_s)
        finally:
            self.queue.remove(waiter)
            del self._changed[waiter]
            self._wake_head()

    async def _take(self, waiter: Waiter) -> float:
        """0 where it has its turn; how long to wait before asking again, infinity until woken."""
        if not waiter.wanted:
            raise TurnWithdrawn
        now = self.clock.monotonic()
        if self.queue.head(now) is not waiter:
            self._wake_head()
            return inf
        if (keep := self.queue.begin(waiter, now)) is None:
            return inf
        wait_s = inf
        try:
            wait_s = await self.queue.quota.claim(now, keep=keep)
        finally:
            if wait_s > 0:
                self.queue.done()
        if wait_s <= 0:
            self.queue.taken(waiter)
        return wait_s

    def _wake_head(self) -> None:
        if (head := self.queue.head(self.clock.monotonic())) is not None:
            self._changed[head].set()


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """GetExecutionHistory, DescribeStateMachine, DescribeStateMachineForExecution and
    ListExecutions, each with its own quota."""

    histories: PacedCalls
    machines: PacedCalls
    execution_machines: PacedCalls
    lists: PacedCalls


QUOTAS = {
    "GetExecutionHistory": (20.0, 400.0),
    "DescribeStateMachine": (20.0, 200.0),
    "DescribeStateMachineForExecution": (1.0, 200.0),
    "ListExecutions": (5.0, 200.0),
}
"""An account's quota in a large region: calls a second, and how many at once.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""


def read_budget(clock: Clock, *, reads_per_s: float, burst: float) -> ReadBudget:
    """`reads_per_s` and `burst` are what of GetExecutionHistory's quota this replica may use; it
    uses the same share of the others."""
    per_s, at_once = QUOTAS["GetExecutionHistory"]

    def paced(operation: str) -> PacedCalls:
        rate, most = QUOTAS[operation]
        bucket = TokenBucket(rate=rate * reads_per_s / per_s, burst=max(1, most * burst / at_once))
        return PacedCalls(ReadQueue(bucket), clock)

    return ReadBudget(*map(paced, QUOTAS))
