"""Decides who calls AWS next, where an operation's quota allows less than is asked for.

The classes of `Urgency` go one before the other, and within one the earliest deadline. Every fourth
turn goes to the waiter whose deadline is the longest past, whatever its class, so that nobody
starves. The last calls of a burst are kept for requests.
"""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf
from operator import attrgetter

from .ports import CallQuota

FAIR_EVERY = 4
RESERVE = 5.0  # calls of the burst for requests alone (a tenth of a burst smaller than fifty)
SHARE_TURNS = 64  # over about so many turns it is measured what requests leave to watches
IN_FLIGHT = 8  # calls under way at once, requests aside: each may hold an answer of megabytes


class Urgency(IntEnum):
    """A person's request, a watch's first snapshot, an execution known to have ended, a change that
    somebody looks at, and an idle watch."""

    REQUEST = 0
    FIRST_SNAPSHOT = 1
    ENDED = 2
    CHANGING = 3
    IDLE = 4


@dataclass(eq=False, slots=True)
class Waiter:
    """One call that waits for its turn, wanted by `deadline` in monotonic seconds."""

    urgency: Urgency
    deadline: float
    wanted: bool = True  # whether somebody still needs the call
    entry: int = field(init=False, default=-1)  # order of arrival, -1 while it doesn't wait

    @property
    def waits(self) -> bool:
        return self.entry >= 0


_order = attrgetter("deadline", "entry")


@dataclass(slots=True)
class ReadQueue:
    """The waiters of one operation and their quota. The head's turn is taken in two steps, since
    the quota may be over a network: `begin`, then `taken` or, where no call was left, `done`."""

    quota: CallQuota
    max_in_flight: int = IN_FLIGHT
    in_flight: int = field(init=False, default=0)
    _classes: tuple[list[Waiter], ...] = field(  # by urgency, each in order
        init=False, default_factory=lambda: tuple([] for _ in Urgency)
    )
    _watch_share: float = field(init=False, default=1.0)  # of the latest turns, left by requests
    _shares: list[float] = field(init=False, default_factory=lambda: [0.0 for _ in Urgency])
    """Of the latest turns of watches, by urgency."""

    _came: int = field(init=False, default=0)
    _turns: int = field(init=False, default=0)

    def __len__(self) -> int:
        return sum(map(len, self._classes))

    def add(self, waiter: Waiter) -> None:
        waiter.entry = self._came
        self._came += 1
        insort(self._classes[waiter.urgency], waiter, key=_order)

    def remove(self, waiter: Waiter) -> None:
        """It waits no longer. Nothing happens where it didn't."""
        if waiter.waits:
            waiting = self._classes[waiter.urgency]
            del waiting[bisect_left(waiting, _order(waiter), key=_order)]
            waiter.entry = -1

    def hasten(self, waiter: Waiter, urgency: Urgency, deadline: float) -> None:
        """From now on it is this urgent, if that is more than it was."""
        if (urgency, deadline) >= (waiter.urgency, waiter.deadline):
            return
        waits = waiter.waits
        self.remove(waiter)
        waiter.urgency, waiter.deadline = urgency, deadline
        if waits:
            self.add(waiter)

    def head(self, now: float) -> Waiter | None:
        firsts = [waiting[0] for waiting in self._classes if waiting]
        able = (waiter for waiter in firsts if self._fair(waiter, now) and self._fits(waiter))
        return min(able, key=_order, default=firsts[0] if firsts else None)

    def begin(self, waiter: Waiter, now: float) -> float | None:
        """Count the head's call as under way, and answer how many calls of the quota it must leave
        to others. None, and nothing is counted, where a call under way has to end first."""
        if not self._fits(waiter):
            return None
        self.in_flight += 1
        quota = self.quota
        slowed = quota.rate_now < quota.rate  # after a throttled answer there is nothing to save
        if slowed or waiter.urgency is Urgency.REQUEST or self._fair(waiter, now):
            return 0.0
        return self._reserve

    def taken(self, waiter: Waiter) -> None:
        """The quota granted the call that was begun: its waiter waits no longer."""
        self.remove(waiter)
        self._turns += 1
        request = waiter.urgency is Urgency.REQUEST
        self._watch_share += ((not request) - self._watch_share) / SHARE_TURNS
        for urgency, share in enumerate(self._shares) if not request else ():
            self._shares[urgency] += ((urgency == waiter.urgency) - share) / SHARE_TURNS

    def done(self) -> None:
        """A call that was begun has ended, or wasn't granted."""
        self.in_flight -= 1

    def request_wait_s(self, now: float, deadline: float) -> float:
        """About how long a request would wait that came now with this deadline."""
        ahead = bisect_right(self._classes[Urgency.REQUEST], (deadline, inf), key=_order)
        share = (FAIR_EVERY - 1) / FAIR_EVERY
        return self.quota.wait_s(now) + ahead / (self.quota.rate_now * share)

    def watch_wait_s(self, urgency: Urgency, now: float) -> float:
        """Estimates the wait of a watch of this class that comes now."""
        return self._wait_s(urgency, len(self._classes[urgency]), now)

    def left_s(self, waiter: Waiter, now: float) -> float:
        """About how long one that waits still has to."""
        before = bisect_left(self._classes[waiter.urgency], _order(waiter), key=_order)
        return self._wait_s(waiter.urgency, before + 1, now)

    @property
    def watch_rate(self) -> float:
        """Calls a second that requests leave to watches, as they lately did."""
        return self.quota.rate_now * max(self._watch_share, 1 / FAIR_EVERY)

    @property
    def _reserve(self) -> float:
        """Calls of the burst that are kept for requests."""
        return min(RESERVE, self.quota.burst / 10, self.quota.burst - 1)

    def _wait_s(self, urgency: Urgency, alike: int, now: float) -> float:
        """Of the last of so many of a class. All first snapshots go before it. Others share the
        turns, as they lately did: while more urgent ones wait it has every fourth at least, and
        while less urgent ones do it leaves them no more."""
        first = Urgency.FIRST_SNAPSHOT
        firsts = len(self._classes[first]) if urgency > first else 0
        above = sum(map(len, self._classes[first + 1 : urgency]))
        below = any(self._classes[urgency + 1 :])
        least = 1 / FAIR_EVERY if above else 1 - 1 / FAIR_EVERY if below else 1.0
        calls = max(above + alike, alike / max(self._shares[urgency], least))
        at_once = max(0.0, self.quota.tokens(now) - self._reserve)
        return max(0.0, firsts + calls - at_once) / self.watch_rate

    def _fair(self, waiter: Waiter, now: float) -> bool:
        return self._turns % FAIR_EVERY == FAIR_EVERY - 1 and waiter.deadline < now

    def _fits(self, waiter: Waiter) -> bool:
        times = 2 if waiter.urgency is Urgency.REQUEST else 1
        return self.in_flight < self.max_in_flight * times
