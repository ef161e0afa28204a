"""Sets how often to read: the pace of one watcher, and the bucket all watchers share. Pure: time
and randomness are arguments."""

from dataclasses import dataclass, field
from math import floor, inf, log10

YOUNG_S = 10.0
SETTLED_S = 5.0
ENDED_SLOWDOWN = 2.0
IDLE_GROWTH = 0.25
JITTER = 0.2
THROTTLE_FACTOR = 0.5
PROMISE_MIN_S = 0.5
RECOVERY_S = 30.0
ROUNDING = 1e-6
"""The part of a token that floating-point time may lose: without it a wait that is over is asked
for again and again."""


def backoff(
    failures: int, *, first_s: float, max_s: float, least_s: float = 0.0, jitter: float = 1.0
) -> float:
    """Seconds to wait after `failures` failures in a row (from 1): `first_s`, doubled with each
    further one, at most `max_s`. `jitter` in 0…1 draws it from between `least_s` and that, so that
    those who failed together don't come back together."""
    longest_s = min(max_s, first_s * 2.0 ** min(failures - 1, 30))
    return least_s + (longest_s - least_s) * jitter


@dataclass(frozen=True, slots=True)
class Pace:
    """The bounds of one watcher's pace, in seconds between reads."""

    min_s: float = 0.25
    max_s: float = 10.0

    def delay_s(self, *, age_s: float, idle_s: float, ended: bool, jitter: float) -> float:
        """Seconds to wait before the next read.

        `age_s` since the execution started, `idle_s` since it last changed, `ended` when it is
        terminal (only a redrive may follow), `jitter` in 0…1. Fast after a change and while young,
        then a quarter of the idle time, never above the bound; ended ones wait longer.
        """
        if ended:
            base = min(self.max_s, max(self.min_s, ENDED_SLOWDOWN + idle_s * IDLE_GROWTH))
        elif age_s < YOUNG_S or idle_s < SETTLED_S:
            base = self.min_s
        else:
            base = min(self.max_s, self.min_s + (idle_s - SETTLED_S) * IDLE_GROWTH)
        return base * (1 - JITTER + 2 * JITTER * jitter)

    @property
    def longest_s(self) -> float:
        return self.max_s * (1 + JITTER)

    def backoff_s(self, *, failures: int, jitter: float) -> float:
        """Seconds to wait after `failures` failed reads in a row."""
        first_s, max_s = 2 * self.min_s, 2 * self.max_s
        return backoff(failures, first_s=first_s, max_s=max_s, least_s=self.min_s, jitter=jitter)


def promise_s(seconds: float) -> float:
    """Rounded up, coarsely, so that a promise seldom changes: 0.5, 0.7, 1, 1.5, 2, 3, 5, 7 …"""
    scale = 10.0 ** floor(log10(max(seconds, PROMISE_MIN_S)))
    wanted = max(seconds, PROMISE_MIN_S) - ROUNDING
    return next(scale * step for step in (1, 1.5, 2, 3, 5, 7, 10) if scale * step >= wanted)


@dataclass(slots=True)
class TokenBucket:
    """AWS's kind of quota: `burst` tokens, refilled at `rate` a second.

    A throttled answer halves the rate, which then grows back over RECOVERY_S: the quota belongs to
    the whole account, and others may be using it. Times are monotonic seconds.
    """

    rate: float
    burst: float
    _tokens: float = field(init=False, default=inf)
    _at: float | None = field(init=False, default=None)
    _slowed: float = field(init=False, default=1.0)
    _throttled_at: float = field(init=False, default=-inf)

    @property
    def rate_now(self) -> float:
        """Tokens a second as it stands: below `rate` after a throttled answer."""
        return self.rate * self._slowed

    def wait_s(self, now: float, *, keep: float = 0.0) -> float:
        """Seconds until a token is there besides the `keep` that are to stay: 0 where one is."""
        self._refill(now)
        missing = 1 + keep - self._tokens
        return 0.0 if missing <= ROUNDING else missing / self.rate_now

    def take(self, now: float) -> None:
        """Take one that is there, as `wait_s` said."""
        self._refill(now)
        self._tokens -= 1

    async def claim(self, now: float, *, keep: float = 0.0) -> float:
        """As `ports.CallQuota` says."""
        if (wait_s := self.wait_s(now, keep=keep)) == 0:
            self.take(now)
        return wait_s

    def throttled(self, now: float, *, asked_at: float) -> None:
        """AWS said no to what was asked then: slow down, and let what was saved up go. What was
        asked before the last such answer tells nothing new."""
        if asked_at < self._throttled_at:
            return
        self._throttled_at = now
        self._refill(now)
        self._slowed = max(self._slowed * THROTTLE_FACTOR, 1 / 64)
        self._tokens = min(self._tokens, 0.0)

    def _refill(self, now: float) -> None:
        elapsed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._tokens = min(float(self.burst), self._tokens + elapsed * self.rate * self._slowed)
        self._slowed = min(1.0, self._slowed + elapsed / RECOVERY_S)
