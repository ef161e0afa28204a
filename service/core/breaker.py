"""Holds calls of one kind back while they fail one after another: a circuit breaker.

closed ──`threshold` failures in a row──▶ open ──`recovery_s` later──▶ half-open
  ▲                                        ▲                              │
  │                                        └────────the probe failed──────┤
  └────────────────────────the probe was answered─────────────────────────┘
"""

from dataclasses import dataclass, field
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(slots=True)
class Breaker:
    """Ask `wait_s` before each call; report how it ended, with the `era` it was let out in. The era
    counts the transitions: a call of an earlier one can't close the breaker, nor open it again.
    Times are monotonic seconds."""

    threshold: int
    recovery_s: float
    state: BreakerState = field(default=BreakerState.CLOSED, init=False)
    era: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)
    _next_at: float = field(default=0.0, init=False)

    def wait_s(self, now: float) -> float:
        """0 where a call may go out now, else when to come back. Half-open lets one call out, the
        probe, and another only `recovery_s` later: some calls take minutes by right."""
        if self.state is BreakerState.CLOSED:
            return 0.0
        if now < self._next_at:
            return self._next_at - now
        if self.state is BreakerState.OPEN:
            self._turn(BreakerState.HALF_OPEN)
        self._next_at = now + self.recovery_s
        return 0.0

    def answered(self, era: int) -> None:
        """The call reached somebody, whatever the answer was."""
        if era == self.era:
            self.failures = 0
            if self.state is BreakerState.HALF_OPEN:
                self._turn(BreakerState.CLOSED)

    def failed(self, era: int, now: float) -> None:
        """The call wasn't answered, or only by a server that is broken."""
        if era != self.era:
            return
        self.failures += 1
        if self.state is BreakerState.HALF_OPEN or self.failures >= self.threshold:
            self._next_at = now + self.recovery_s
            self._turn(BreakerState.OPEN)

    def abandoned(self, era: int, now: float) -> None:
        """Nobody waited for the end of the call: if it was the probe, the next call is one."""
        if era == self.era and self.state is BreakerState.HALF_OPEN:
            self._next_at = now

    def _turn(self, state: BreakerState) -> None:
        self.state = state
        self.era += 1
