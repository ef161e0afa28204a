"""Limits what one principal takes of what all share: `Shares` what it holds for a while (sockets,
tickets, watches), `RateShares` what it uses up (starts, reads), `Allowance` what a socket sends.
Principals are told apart by name, which only a credential gives. Times are monotonic seconds; who
holds nothing and was quiet for a while is not remembered."""

from itertools import islice
from math import inf

EPSILON = 1e-6  # of one: what is lost to rounding is no reason to refuse


class Allowance:
    """`rate` a second, and up to `burst` at once after a pause: a token bucket, kept as the time it
    will be full again at (the generic cell rate algorithm of ITU-T I.371)."""

    __slots__ = ("_burst", "_rate", "full_at")

    def __init__(self, rate: float, burst: float, *, full_at: float = -inf) -> None:
        self._rate, self._burst, self.full_at = rate, max(1.0, burst), full_at

    def take(self, now: float, *, in_advance: bool = False) -> float:
        """Answers 0 if one was taken, else the seconds until one is free, which is then taken only
        `in_advance`."""
        full_at = max(now, self.full_at)
        missing = 1 - (self._burst - (full_at - now) * self._rate)
        wait_s = missing / self._rate if missing > EPSILON else 0.0
        if in_advance or not wait_s:
            self.full_at = full_at + 1 / self._rate
        return wait_s


def frames_allowed(rate: float, *, full_at: float = -inf) -> Allowance:
    """Of one socket's client: after four silent seconds it may send at once what it left out."""
    return Allowance(rate, 4 * rate, full_at=full_at)


class Shares:
    """So many things at once for each principal. What was taken is given back, once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def held(self, principal: str) -> int:
        return self._taken.get(principal, 0)

    def take(self, principal: str) -> bool:
        """False where the principal holds its share already: nothing was taken then."""
        granted = self.held(principal) < self.limit
        if granted:
            self._taken[principal] = self.held(principal) + 1
        return granted

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

    def take(self, principal: str, now: float) -> float:
        return self._of(principal, now).take(now)

    def due_at(self, principal: str, now: float) -> float:
        """When a waiting call is due: now, or later where the principal asked for much lately, so
        that somebody else's goes before. Where nobody else asks nothing takes longer."""
        return now + self._of(principal, now).take(now, in_advance=True)

    def _of(self, principal: str, now: float) -> Allowance:
        for quiet in tuple(islice(self._used, 2)):  # more than can be added
            if self._used[quiet].full_at <= now:
                del self._used[quiet]
        allowance = self._used.pop(principal, None) or Allowance(self._rate, self._burst)
        self._used[principal] = allowance  # behind all who have been quiet for longer
        return allowance
