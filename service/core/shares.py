"""Limits what one principal takes of what all share: `Shares` what it holds for a while (sockets,
tickets, watches), `RateShares` what it uses up (starts, reads), `Allowance` what a socket sends.
Principals are told apart by name, which only a credential gives. Times are monotonic seconds; who
holds nothing and was quiet for a while is not remembered.

Where replicas share, `core/fleet.py` makes them: these then know of others too."""

from collections.abc import Callable
from itertools import islice
from math import inf
from typing import Protocol

EPSILON = 1e-6  # of one: what is lost to rounding is no reason to refuse


class Allowance:
    """`rate` a second, and up to `burst` at once after a pause: a token bucket, kept as the time it
    will be full again at (the generic cell rate algorithm of ITU-T I.371)."""

    __slots__ = ("_burst", "_rate", "full_at")

    def __init__(self, rate: float, burst: float, *, full_at: float = -inf) -> None:
        self._rate, self._burst, self.full_at = rate, max(1.0, burst), full_at

    def take(self, now: float, *, in_advance: bool = False, weight: float = 1.0) -> float:
        """Answers 0 if one was taken, else the seconds until one is free, which is then taken only
        `in_advance`. It counts as `weight`."""
        full_at = max(now, self.full_at)
        missing = 1 - (self._burst - (full_at - now) * self._rate)
        wait_s = missing / self._rate if missing > EPSILON else 0.0
        if in_advance or not wait_s:
            self.full_at = full_at + weight / self._rate
        return wait_s

    def use(self, now: float, number: float) -> None:
        """Somebody else took so many of these: at most all that is there and as many again."""
        longest_s = 2 * self._burst / self._rate
        self.full_at = min(max(now, self.full_at) + number / self._rate, now + longest_s)


def frames_allowed(rate: float, *, full_at: float = -inf) -> Allowance:
    """Of one socket's client: after four silent seconds it may send at once what it left out."""
    return Allowance(rate, 4 * rate, full_at=full_at)


class Shares:
    """So many things at once for each principal. What was taken is given back, once. `elsewhere`
    is how many of a principal's are to be counted besides."""

    def __init__(self, limit: int, elsewhere: Callable[[str], int] = lambda _: 0) -> None:
        self.limit = limit
        self._elsewhere = elsewhere
        self._taken: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._taken)

    @property
    def all_held(self) -> dict[str, int]:
        """What each principal holds here."""
        return self._taken.copy()

    def held(self, principal: str) -> int:
        return self._taken.get(principal, 0)

    def full(self, principal: str) -> bool:
        """Whether the principal holds its share already."""
        held = self.held(principal)
        return held >= self.limit or held + self._elsewhere(principal) >= self.limit

    def take(self, principal: str) -> bool:
        """False where the principal holds its share already: nothing was taken then."""
        if self.full(principal):
            return False
        self._taken[principal] = self.held(principal) + 1
        return True

    def give_back(self, principal: str) -> None:
        """Only after a `take` that was granted."""
        if (left := self._taken[principal] - 1) > 0:
            self._taken[principal] = left
        else:
            del self._taken[principal]


class RateShares:
    """An allowance for each principal. One that is whole again is forgotten."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._used: dict[str, Allowance] = {}

    def __len__(self) -> int:
        return len(self._used)

    def take(self, principal: str, now: float, *, weight: float = 1.0) -> float:
        return self._of(principal, now).take(now, weight=weight)

    def due_at(self, principal: str, now: float, *, weight: float = 1.0) -> float:
        """When a waiting call is due: now, or later where the principal asked for much lately, so
        that somebody else's goes before. Where nobody else asks nothing takes longer."""
        return now + self._of(principal, now).take(now, in_advance=True, weight=weight)

    def use(self, principal: str, now: float, number: float) -> None:
        self._of(principal, now).use(now, number)

    def _of(self, principal: str, now: float) -> Allowance:
        for quiet in tuple(islice(self._used, 2)):  # more than can be added
            if self._used[quiet].full_at <= now:
                del self._used[quiet]
        allowance = self._used.pop(principal, None) or Allowance(self._rate, self._burst)
        self._used[principal] = allowance  # behind all who have been quiet for longer
        return allowance


class ShareMaker(Protocol):
    """Makes the shares of one `kind` of thing that principals take of."""

    def held(self, kind: str, limit: int) -> Shares: ...

    def used(self, kind: str, rate: float, burst: float) -> RateShares: ...


class OwnShares:
    """`ShareMaker` of one process."""

    def held(self, kind: str, limit: int) -> Shares:
        return Shares(limit)

    def used(self, kind: str, rate: float, burst: float) -> RateShares:
        return RateShares(rate, burst)
