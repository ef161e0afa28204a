"""How much one principal may take of what all of them share, so that none takes it all.

Two kinds: what is held for a while (`Shares`: sockets, tickets, watches) and what is used up
(`RateShares`: starts, reads). Pure: times are monotonic seconds handed in. Both remember only those
who hold something or acted a moment ago, so they stay as small as what they count.

Principals are told apart by name, which only a credential gives: whoever is nobody has no share.
"""

from itertools import islice

EPSILON = 1e-6
"""Of one: what is lost to rounding is no reason to refuse."""


class Shares:
    """So many things at once for each principal. What was taken is given back, once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        """How many principals hold anything."""
        return len(self._held)

    def held(self, principal: str) -> int:
        return self._held.get(principal, 0)

    def take(self, principal: str) -> bool:
        """False where the principal holds its share already: nothing was taken then."""
        held = self.held(principal)
        if held >= self.limit:
            return False
        self._held[principal] = held + 1
        return True

    def give_back(self, principal: str) -> None:
        """Only after a `take` that was granted."""
        if (left := self._held[principal] - 1) > 0:
            self._held[principal] = left
        else:
            del self._held[principal]


class RateShares:
    """`rate` a second for each principal, and up to `burst` at once after a pause.

    A token bucket each, kept as the one number that tells all of it: when it will be full again
    (the generic cell rate algorithm of ITU-T I.371). A bucket that is full again is forgotten.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = max(1.0, burst)
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        """How many principals are remembered."""
        return len(self._full_at)

    def take(self, principal: str, now: float) -> float:
        """0 where one was there and is taken; else in how many seconds one will be, and nothing
        was taken."""
        self._forget_full(now)
        full_at = max(now, self._full_at.pop(principal, now))
        missing = 1 - (self._burst - (full_at - now) * self._rate)
        if missing > EPSILON:
            self._full_at[principal] = full_at
            return missing / self._rate
        self._full_at[principal] = full_at + 1 / self._rate
        return 0.0

    def _forget_full(self, now: float) -> None:
        """Two a call, of those who were longest quiet: more than can be added."""
        for principal in tuple(islice(self._full_at, 2)):
            if self._full_at[principal] <= now:
                del self._full_at[principal]
