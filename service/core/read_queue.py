"""Who may call AWS next, where an operation's quota allows less than is asked for. Pure: time is an
argument.

A queue of waiters, not of turns handed out: whoever leaves it costs nothing. A person's request
goes before a first snapshot, that before an execution known to have ended, before a change that
somebody looks at, and before idle watches; within a class the earliest deadline goes first. Every
fourth turn goes to the waiter whose deadline is the longest past, whatever its class, so that
nobody starves. The last calls of a burst are kept for requests.
"""

import heapq
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from math import inf

from .pacing import TokenBucket

FAIR_EVERY = 4
RESERVE = 5.0
"""How many calls of the burst only requests may use (a tenth of a burst smaller than fifty)."""

IN_FLIGHT = 16
"""Calls under way at once, requests aside: each may hold an answer of megabytes."""


class Urgency(IntEnum):
    """The classes, the most urgent first."""

    REQUEST = 0
    FIRST_SNAPSHOT = 1
    ENDED = 2
    CHANGING = 3
    IDLE = 4


@dataclass(eq=False, slots=True)
class Waiter:
    """One call that waits for its turn. `deadline` is the moment, in monotonic seconds, it was
    wanted by: of two in a class the earlier goes first."""

    urgency: Urgency
    deadline: float
    entry: int = -1
    """Its newest entry in the queue's heaps; older ones are void."""


@dataclass(slots=True)
class ReadQueue:
    """The waiters of one operation and the bucket its quota fills."""

    bucket: TokenBucket
    max_in_flight: int = IN_FLIGHT
    in_flight: int = field(init=False, default=0)
    _heaps: dict[Urgency, list[tuple[float, int, Waiter]]] = field(init=False)
    _waiting: dict[Waiter, None] = field(init=False, default_factory=dict)
    _entries: "count[int]" = field(init=False, default_factory=count)
    _turns: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._heaps = {urgency: [] for urgency in Urgency}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, waiter: Waiter) -> bool:
        return waiter in self._waiting

    def add(self, waiter: Waiter) -> None:
        """Let it wait; one that waits already waits from now on as it now says."""
        waiter.entry = next(self._entries)
        self._waiting[waiter] = None
        heapq.heappush(self._heaps[waiter.urgency], (waiter.deadline, waiter.entry, waiter))

    def remove(self, waiter: Waiter) -> None:
        """It waits no longer. Nothing happens where it didn't."""
        self._waiting.pop(waiter, None)

    def head(self, now: float) -> Waiter | None:
        """Whose turn is next, None where nobody waits."""
        firsts = [first for urgency in Urgency if (first := self._first(urgency)) is not None]
        if self._turns % FAIR_EVERY == FAIR_EVERY - 1:
            longest = min(firsts, key=lambda waiter: waiter.deadline, default=None)
            if longest is not None and longest.deadline < now:
                return longest
        return firsts[0] if firsts else None

    def take(self, waiter: Waiter, now: float) -> float:
        """Take the turn: 0 where the head may call now, and waits no longer; else the seconds until
        it may ask again, infinity where a call under way has to end first."""
        if self.in_flight >= self._room(waiter):
            return inf
        if (wait_s := self.bucket.wait_s(now, keep=self._kept_from(waiter, now))) > 0:
            return wait_s
        self.bucket.take(now)
        self.remove(waiter)
        self.in_flight += 1
        self._turns += 1
        return 0.0

    def done(self) -> None:
        """A call that had its turn has ended."""
        self.in_flight -= 1

    def request_wait_s(self, now: float, deadline: float) -> float:
        """About how long a request would wait that came now with this deadline."""
        ahead = sum(
            waiter.urgency is Urgency.REQUEST and waiter.deadline <= deadline
            for waiter in self._waiting
        )
        share = (FAIR_EVERY - 1) / FAIR_EVERY
        return self.bucket.wait_s(now) + ahead / (self.bucket.rate_now * share)

    def watch_wait_s(self, urgency: Urgency) -> float:
        """About how long a watch of this class waits: for all of its class, at the whole rate or,
        where more urgent watches wait too, at the share that is never theirs."""
        above = any(urgency > waiter.urgency > Urgency.FIRST_SNAPSHOT for waiter in self._waiting)
        own = sum(waiter.urgency is urgency for waiter in self._waiting)
        return own / (self.bucket.rate_now / (FAIR_EVERY if above else 1))

    def _room(self, waiter: Waiter) -> int:
        return self.max_in_flight * (2 if waiter.urgency is Urgency.REQUEST else 1)

    def _kept_from(self, waiter: Waiter, now: float) -> float:
        """What this waiter must leave in the bucket. After a throttled answer there is nothing to
        save."""
        fair = self._turns % FAIR_EVERY == FAIR_EVERY - 1 and waiter.deadline < now
        slowed = self.bucket.rate_now < self.bucket.rate
        if fair or slowed or waiter.urgency is Urgency.REQUEST:
            return 0.0
        return min(RESERVE, self.bucket.burst / 10)

    def _first(self, urgency: Urgency) -> Waiter | None:
        heap = self._heaps[urgency]
        while heap:
            _, entry, waiter = heap[0]
            if waiter in self._waiting and waiter.entry == entry:
                return waiter
            heapq.heappop(heap)
        return None
