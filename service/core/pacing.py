"""Sets how often to read: the pace of one watcher, and the bucket all watchers share."""

from dataclasses import dataclass, field
from math import floor, inf, log10

SETTLED_S = 5.0
IDLE_GROWTH = 0.25
JITTER = 0.2
PROMISE_MIN_S = 0.5
RECOVERY_S = 30.0
ROUNDING = 1e-6  # of a token: floating-point time loses so much, and a wait would never be over


def backoff(
    failures: int, *, first_s: float, max_s: float, least_s: float = 0.0, jitter: float = 1.0
) -> float:
    """Seconds to wait after `failures` failures in a row (from 1): between `least_s` and, by
    `jitter` in 0…1, `first_s`, doubled with each further failure, at most `max_s`."""
    longest_s = min(max_s, first_s * 2.0 ** min(failures - 1, 30))
    return least_s + (longest_s - least_s) * jitter


@dataclass(frozen=True, slots=True)
class Pace:
    """The bounds of one watcher's pace, in seconds between reads."""

    min_s: float = 0.25
    max_s: float = 10.0

    def delay_s(self, *, age_s: float, idle_s: float, ended: bool, jitter: float) -> float:
        """Seconds before the next read. `age_s` since the execution started, `idle_s` since it last
        changed, `ended` when it is terminal (only a redrive may follow), `jitter` in 0…1. Fast
        after a change and while young, then slower by a quarter of the idle time."""
        base = self.min_s
        if ended:
            base = max(self.min_s, 2.0 + idle_s * IDLE_GROWTH)
        elif age_s >= 10.0:
            base += max(0.0, idle_s - SETTLED_S) * IDLE_GROWTH
        return min(self.max_s, base) * (1 - JITTER + 2 * JITTER * jitter)

    @property
    def longest_s(self) -> float:
        return self.max_s * (1 + JITTER)

    def backoff_s(self, *, failures: int, jitter: float) -> float:
        first_s, max_s = 2 * self.min_s, 2 * self.max_s
        return backoff(failures, first_s=first_s, max_s=max_s, least_s=self.min_s, jitter=jitter)


def promise_s(seconds: float) -> float:
    """Rounded up, coarsely, so that a promise seldom changes: 0.5, 0.7, 1, 1.5, 2, 3, 5, 7 …"""
    scale = 10.0 ** floor(log10(max(seconds, PROMISE_MIN_S)))
    wanted = max(seconds, PROMISE_MIN_S) - ROUNDING
    return next(scale * step for step in (1, 1.5, 2, 3, 5, 7, 10) if scale * step >= wanted)


@dataclass(slots=True)
class TokenBucket:
    """AWS's kind of quota: `burst` tokens, refilled at `rate` a second. A throttled answer halves
    the rate, which grows back over RECOVERY_S: others may be using the account's quota too."""

    rate: float
    burst: float
    _tokens: float = field(init=False, default=inf)
    _at: float | None = field(init=False, default=None)
    _slowed: float = field(init=False, default=1.0)
    _throttled_at: float = field(init=False, default=-inf)

    @property
    def rate_now(self) -> float:
        """Tokens a second: below `rate` after a throttled answer."""
        return self.rate * self._slowed

    def tokens(self, now: float) -> float:
        """How many there are now."""
        self._refill(now)
        return self._tokens

    def used(self, now: float) -> float:
        """How much of the burst is used up, from 0 to 1."""
        return 1.0 - max(0.0, self.tokens(now)) / self.burst

    def set(self, now: float, tokens: float, slowed: float) -> None:
        """Makes it what another is: with so many tokens, and at this fraction of its rate."""
        self._at, self._tokens, self._slowed = now, min(tokens, float(self.burst)), slowed

    def wait_s(self, now: float, *, keep: float = 0.0) -> float:
        """Seconds until there is a token besides the `keep` that are to stay."""
        self._refill(now)
        missing = 1 + keep - self._tokens
        return 0.0 if missing <= ROUNDING else missing / self.rate_now

    def take(self, now: float) -> None:
        self._refill(now)
        self._tokens -= 1

    async def claim(self, now: float, *, keep: float = 0.0) -> float:
        if (wait_s := self.wait_s(now, keep=keep)) == 0:
            self.take(now)
        return wait_s

    def throttled(self, now: float, *, asked_at: float) -> None:
        """Slows down, unless that was asked before the last such answer: then it is nothing new."""
        if asked_at < self._throttled_at:
            return
        self._throttled_at = now
        self._refill(now)
        self._slowed = max(self._slowed / 2, 1 / 64)
        self._tokens = min(self._tokens, 0.0)

    def _refill(self, now: float) -> None:
        elapsed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._tokens = min(float(self.burst), self._tokens + elapsed * self.rate * self._slowed)
        self._slowed = min(1.0, self._slowed + elapsed / RECOVERY_S)
