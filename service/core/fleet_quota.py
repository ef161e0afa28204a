"""Decides, for one replica, how many calls of a quota it may make that all replicas share.

The bucket itself is in the bus. A replica knows what it was last told of it. While the bus is away,
it makes its part of the calls by a bucket of its own, as full as the common one was; when the bus
is back, what was called is taken from the common one. Where the bus lost that, each replica adds
the part that it has left to a new one.
"""

from dataclasses import dataclass, field
from math import inf

from .pacing import TokenBucket

TOLD_LATELY_S = 5.0  # what was told longer ago says nothing: others may have used it up


@dataclass(frozen=True, slots=True)
class QuotaState:
    """What is known of the common bucket: how full it is, at which fraction of its rate it fills
    since an answer was throttled, and which bucket it is: a new one has another `generation`. `at`
    is the server's time, in seconds."""

    tokens: float
    slowed: float
    generation: str = ""
    at: float = 0.0


@dataclass(slots=True)
class FleetQuota:
    """`rate` and `burst` are of all replicas together. Times are monotonic seconds."""

    rate: float
    burst: float
    _common: TokenBucket = field(init=False)
    _told_at: float = field(init=False, default=-inf)
    _last: QuotaState = field(init=False, default=QuotaState(0.0, 1.0))
    _part: TokenBucket | None = field(init=False, default=None)
    _spent: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._common = TokenBucket(self.rate, self.burst)

    @property
    def slowed(self) -> float:
        bucket = self._part or self._common
        return bucket.rate_now / bucket.rate

    def used(self, now: float) -> float:
        return (self._part or self._common).used(now)

    def wait_s(self, now: float) -> float:
        return (self._part or self._common).wait_s(now)

    def tokens(self, now: float, replicas: int) -> float:
        """This replica's part of the calls that may be made at once."""
        part = self._part
        return self._common.tokens(now) / replicas if part is None else part.tokens(now)

    def left(self, now: float, replicas: int) -> QuotaState:
        """What is told to a server that has lost the bucket: this replica's part of it. A replica
        that was never told of one doesn't know a generation, and has no part."""
        part = self._part or self._begin(now, replicas)
        return QuotaState(part.tokens(now), self.slowed, self._last.generation)

    def take_debt(self, now: float) -> float:
        """How many calls were made that the server is still to be told of; a part that is full
        again owes none. Owed again by `owe` where telling it failed."""
        lacking = inf if self._part is None else self._part.burst - self._part.tokens(now)
        debt, self._spent = min(self._spent, lacking), 0.0
        return debt

    def owe(self, calls: float) -> None:
        self._spent += calls

    def told(self, state: QuotaState, now: float) -> None:
        """The server answered; answers may come in another order than they were made in."""
        self._part = None
        if state.generation != self._last.generation or state.at >= self._last.at:
            self._common.set(now, state.tokens, state.slowed)
            self._told_at, self._last = now, state

    async def claim_alone(self, now: float, *, keep: float, replicas: int) -> float:
        """As CallQuota's `claim`, without the bus."""
        part = self._part = self._part or self._begin(now, replicas)
        wait_s = await part.claim(now, keep=min(keep / replicas, part.burst - 1))
        if not wait_s:
            self.owe(1)
        return wait_s

    def throttled(self, now: float, *, asked_at: float) -> None:
        for bucket in filter(None, (self._common, self._part)):
            bucket.throttled(now, asked_at=asked_at)

    def _begin(self, now: float, replicas: int) -> TokenBucket:
        """Of a bucket nobody told of nothing was used, as far as anybody knows."""
        part = TokenBucket(self.rate / replicas, max(1.0, self.burst / replicas))
        certain = not self._last.generation or now - self._told_at <= TOLD_LATELY_S or replicas == 1
        part.set(now, self._common.tokens(now) / replicas if certain else 0.0, self.slowed)
        return part
