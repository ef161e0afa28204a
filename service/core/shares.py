"""Limits what one principal, or one socket, takes of what all of them share: none takes it all.

What a principal holds for a while is counted by `Shares` (sockets, tickets, watches), what it uses
up by `RateShares` (starts, reads), and what a single socket sends by `Allowance`. Pure: times are
monotonic seconds handed in. Who holds nothing and was quiet for a while is not remembered.

Principals are told apart by name, which only a credential gives: whoever is nobody has no share.
"""

from itertools import islice
from math import inf

EPSILON = 1e-6  # of one: what is lost to rounding is no reason to refuse
FRAME_BURST_S = 4  # a client may be silent so long and then send at once what it left out


class Allowance:
    """`rate` a second, and up to `burst` at once after a pause.

    A token bucket, kept as the one number that tells all of it: when it will be full again (the
    generic cell rate algorithm of ITU-T I.371)."""

    __slots__ = ("_burst", "_rate", "full_at")

    def __init__(self, rate: float, burst: float, *, full_at: float = -inf) -> None:
        self._rate = rate
        self._burst = max(1.0, burst)
        self.full_at = full_at

    def take(self, now: float, *, in_advance: bool = False) -> float:
        """0 where one was there and is taken; else in how many seconds one will be, and nothing
        was taken, unless it may be taken in advance."""
        full_at = max(now, self.full_at)
        missing = 1 - (self._burst - (full_at - now) * self._rate)
        wait_s = missing / self._rate if missing > EPSILON else 0.0
        if in_advance or not wait_s:
            self.full_at = full_at + 1 / self._rate
        return wait_s


def frames_allowed(rate: float, *, full_at: float = -inf) -> Allowance:
    """Of one socket's client, frames of every kind."""
    return Allowance(rate, FRAME_BURST_S * rate, full_at=full_at)


class Shares:
    """So many things at once for each principal. What was taken is given back, once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: dict[str, int] = {}

    def __len__(self) -> int:
        """The number of principals that hold anything."""
        return len(self._taken)

    def held(self, principal: str) -> int:
        return self._taken.get(principal, 0)

    def take(self, principal: str) -> bool:
        """False where the principal holds its share already: nothing was taken then."""
        held = self.held(principal)
        if held >= self.limit:
            return False
        self._taken[principal] = held + 1
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
        self._rate = rate
        self._burst = burst
        self._used: dict[str, Allowance] = {}

    def __len__(self) -> int:
        """The number of principals remembered."""
        return len(self._used)

    def take(self, principal: str, now: float) -> float:
        """As `Allowance.take`, of this principal's."""
        return self._of(principal, now).take(now)

    def due_at(self, principal: str, now: float) -> float:
        """When this call is due, of calls that wait in one queue: now, or later where the principal
        asked for much lately, so that one of somebody else's goes before. Nobody is refused, and
        where nobody else asks nothing takes longer."""
        return now + self._of(principal, now).take(now, in_advance=True)

    def _of(self, principal: str, now: float) -> Allowance:
        for quiet in tuple(islice(self._used, 2)):  # more than can be added
            if self._used[quiet].full_at <= now:
                del self._used[quiet]
        allowance = self._used.pop(principal, None) or Allowance(self._rate, self._burst)
        self._used[principal] = allowance  # behind all who have been quiet for longer
        return allowance
