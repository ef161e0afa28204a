"""Paces what the live hub asks AWS: a queue and a quota for every operation, and who waits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf, isinf
from typing import ParamSpec, TypeVar

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Throttled
from handrail.core.pacing import TokenBucket
from handrail.core.ports import CallQuota
from handrail.core.read_queue import IN_FLIGHT, ReadQueue, Urgency, Waiter

from .feed import Feed

LISTS_IN_FLIGHT = 1  # requests aside: to read a thousand executions takes the loop 20 ms or more
P = ParamSpec("P")
Result = TypeVar("Result")


class TurnWithdrawn(Exception):
    """Whoever waited for this turn needs it no more."""


@dataclass(frozen=True, slots=True, repr=False)
class PacedCalls:
    """The calls of one `operation` of AWS, each made in its turn. A throttled answer slows all
    down."""

    queue: ReadQueue
    clock: Clock
    operation: str = ""
    _changed: dict[Waiter, asyncio.Event] = field(init=False, default_factory=dict)

    @asynccontextmanager
    async def turn(self, waiter: Waiter) -> AsyncIterator[None]:
        """Around one call: entered when it may be made. Whoever is cancelled while waiting uses up
        nothing. Raises TurnWithdrawn."""
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

    async def call(
        self, read: Callable[P, Awaitable[Result]], *args: P.args, **options: P.kwargs
    ) -> Result:
        """One call in the order of arrival."""
        async with self.turn(Waiter(Urgency.CHANGING, self.clock.monotonic())):
            return await read(*args, **options)

    async def request(
        self,
        due_at: float,
        read: Callable[P, Awaitable[Result]],
        *args: P.args,
        **options: P.kwargs,
    ) -> Result:
        """One call that somebody waits for."""
        async with self.turn(Waiter(Urgency.REQUEST, due_at)):
            return await read(*args, **options)

    def used(self) -> float:
        """How much of what may be called at once is used up, from 0 to 1."""
        return self.queue.quota.used(self.clock.monotonic())

    def hasten(self, waiter: Waiter, urgency: Urgency, deadline: float) -> None:
        """Let its turns come before, where this is more urgent than what it waits for."""
        self.queue.hasten(waiter, urgency, deadline)
        self._wake_head()

    def withdraw(self, waiter: Waiter) -> None:
        """Nobody needs it now: the turn it waits for, or its next one, raises TurnWithdrawn."""
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


class ReadRequests:
    """Those who wait for a watcher's next read: it serves who came before it began. `waiter` has
    the turns of the latest read; `begun` is False while that waits for its first."""

    def __init__(self, calls: PacedCalls) -> None:
        self.waiter = Waiter(Urgency.IDLE, inf)
        self.begun = True
        self._calls = calls
        self._waiting: list[asyncio.Future[Feed]] = []
        self._served: list[asyncio.Future[Feed]] = []
        self._wanted = (Urgency.IDLE, inf)  # of those who wait, the most urgent
        self._content: set[asyncio.Future[Feed]] = set()  # of those who wait, with what is pushed
        self._over: ServiceError | None = None

    @property
    def wanted(self) -> bool:
        """True while somebody waits for the next read to begin."""
        return bool(self._waiting)

    @property
    def urgent(self) -> bool:
        """Whether a person's request is among them."""
        return self.wanted and self._wanted[0] is Urgency.REQUEST

    @property
    def content(self) -> bool:
        """Whether all who wait are, with what pushes showed elsewhere."""
        return self._content.issuperset(self._waiting)

    async def wait(
        self, due_at: float, urgency: Urgency = Urgency.REQUEST, *, content: bool = False
    ) -> Feed:
        """The feed after the next read to begin, which is as urgent as that; `content` is whether
        what pushes showed elsewhere will do. Raises what the read raises, and why there will be no
        other."""
        if self._over is not None:
            raise self._over
        future: asyncio.Future[Feed] = asyncio.get_running_loop().create_future()
        wanted = (urgency, due_at)
        self._wanted = min(wanted, self._wanted) if self._waiting else wanted
        self._waiting.append(future)
        if content:
            self._content.add(future)
        self._calls.hasten(self.waiter, urgency, due_at)
        try:
            return await future
        finally:
            self._content.discard(future)
            if future in self._waiting:
                self._waiting.remove(future)

    def hasten(self) -> None:
        """The read that waits for its turn is a person's request."""
        self._calls.hasten(self.waiter, Urgency.REQUEST, self._calls.clock.monotonic())

    def leave_to_another(self) -> None:
        """A read that waits for its turn, no person's, isn't needed: another replica read."""
        if not (self.begun or self.urgent):
            self._calls.withdraw(self.waiter)

    def next_waiter(self, urgency: Urgency, due_at: float) -> Waiter:
        """For the turns of the next read; `urgency` and `due_at` where nobody waits for it."""
        if self._waiting:
            urgency, due_at = min((urgency, due_at), self._wanted)
        self.waiter, self.begun = Waiter(urgency, due_at), False
        return self.waiter

    def begin(self) -> None:
        self.begun = True
        self._served += self._waiting
        self._waiting.clear()

    def end(self, result: Feed | ServiceError | None = None) -> None:
        """The read is over, with this result; without one those served wait for the next."""
        served = [future for future in self._served if not future.done()]
        self.begun = True
        self._served.clear()
        if result is None:
            self._waiting = served + self._waiting
        for future in served:
            if isinstance(result, ServiceError):
                future.set_exception(result)
            elif result is not None:
                future.set_result(result)

    def refuse(self, error: ServiceError) -> None:
        """There will be no other read, for the first reason given."""
        self._over = self._over or error
        self.begin()
        self.end(self._over)


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """Each operation's calls; `execution_machines` are DescribeStateMachineForExecution's,
    `map_runs` DescribeMapRun's, `executions` DescribeExecution's."""

    histories: PacedCalls
    machines: PacedCalls
    execution_machines: PacedCalls
    lists: PacedCalls
    map_runs: PacedCalls
    executions: PacedCalls


def read_budget(
    clock: Clock,
    *,
    reads_per_s: float,
    burst: float,
    quota: Callable[[str, float, float], CallQuota] = lambda _name, *each: TokenBucket(*each),
) -> ReadBudget:
    """Builds the quotas of all reads: `reads_per_s` and `burst` are the share of
    GetExecutionHistory's that is allowed here, and of the other operations' the same fraction is.
    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

    def paced(name: str, rate: float, at_once: float, in_flight: int = IN_FLIGHT) -> PacedCalls:
        """By an account's quota in a large region: calls a second, and how many at once."""
        made = quota(name, rate * reads_per_s / 20, max(1, at_once * burst / 400))
        return PacedCalls(ReadQueue(made, in_flight), clock, name)

    return ReadBudget(
        histories=paced("GetExecutionHistory", 20, 400),
        machines=paced("DescribeStateMachine", 20, 200),
        execution_machines=paced("DescribeStateMachineForExecution", 1, 200),
        lists=paced("ListExecutions", 5, 200, LISTS_IN_FLIGHT),
        map_runs=paced("DescribeMapRun", 1, 200),
        executions=paced("DescribeExecution", 15, 300),
    )
