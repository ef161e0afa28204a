"""How often to read: the pace of one watcher, and the bucket all watchers share. Pure: time and
randomness are arguments."""

from dataclasses import dataclass, field

YOUNG_S = 10.0
SETTLED_S = 5.0
ENDED_SLOWDOWN = 2.0
IDLE_GROWTH = 0.25
JITTER = 0.2
THROTTLE_FACTOR = 0.5
RECOVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The bounds of one watcher's pace, in seconds between reads."""

    min_s: float = 0.25
    max_s: float = 10.0

    def delay_s(self, *, age_s: float, idle_s: float, ended: bool, jitter: float) -> float:
        """How long to wait before the next read.

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

    def backoff_s(self, *, failures: int, jitter: float) -> float:
        """How long to wait after `failures` failed reads in a row: doubling, full jitter above the
        minimum, so that a thousand watchers don't come back together."""
        ceiling = min(self.max_s * 2, self.min_s * 2.0 ** min(failures, 10))
        return self.min_s + (ceiling - self.min_s) * jitter


@dataclass(slots=True)
class TokenBucket:
    """AWS's own kind of quota: `burst` tokens, refilled at `rate` a second.

    A throttled answer halves the rate, which then grows back over RECOVERY_S: the quota belongs to
    the whole account, and others may be using it. Times are monotonic seconds.
    """

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _at: float | None = field(init=False, default=None)
    _slowed: float = field(init=False, default=1.0)

    def __post_init__(self) -> None:
        self._tokens = float(self.burst)

    def take(self, now: float) -> float:
        """Take one token and return how long to wait before using it (0 where one was there)."""
        self._refill(now)
        self._tokens -= 1
        return 0.0 if self._tokens >= 0 else -self._tokens / (self.rate * self._slowed)

    def wait_s(self, now: float) -> float:
        """How long a token taken now would have to wait; none is taken."""
        self._refill(now)
        return max(0.0, 1 - self._tokens) / (self.rate * self._slowed)

    def throttled(self, now: float) -> None:
        """AWS said no: slow down, and let what was saved up go."""
        self._refill(now)
        self._slowed = max(self._slowed * THROTTLE_FACTOR, 1 / 64)
        self._tokens = min(self._tokens, 0.0)

    def _refill(self, now: float) -> None:
        elapsed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._tokens = min(float(self.burst), self._tokens + elapsed * self.rate * self._slowed)
        self._slowed = min(1.0, self._slowed + elapsed / RECOVERY_S)
