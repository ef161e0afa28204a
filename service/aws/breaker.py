"""Keeps a breaker for each operation of AWS: one that fails again and again is no longer called,
and its callers get the error at once.

Only silence and broken answers count: timeouts, connection errors, 5xx, each after the client's own
retries. A throttle is an answer (pacing and backoff are for those), and so is every 4xx.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from handrail.core.breaker import Breaker, BreakerState
from handrail.core.errors import ServiceError, Unavailable

NOT_MADE = "AWS hasn't been answering these calls; they aren't made for the moment."

log = structlog.get_logger(__name__)


class BreakerMeter(Protocol):
    """Shows the state that an operation's breaker is in from now on, and counts the calls that an
    open one refused."""

    def breaker(self, operation: str, state: BreakerState) -> None: ...
    def not_sent(self, operation: str) -> None: ...


@dataclass(slots=True)
class Breakers:
    """One breaker an operation, made at its first call."""

    meter: BreakerMeter | None = None
    threshold: int = 5
    recovery_s: float = 5.0
    _breakers: dict[str, Breaker] = field(default_factory=dict, init=False)

    @property
    def open_operations(self) -> tuple[str, ...]:
        """The operations whose breaker isn't closed, by name."""
        breakers = self._breakers.items()
        return tuple(sorted(o for o, each in breakers if each.state is not BreakerState.CLOSED))

    def admit(self, operation: str, now: float) -> int:
        """Answers the era to report the call's end with. Raises Unavailable where the call isn't to
        be made."""
        breaker = self._breakers.get(operation)
        if breaker is None:
            breaker = self._breakers[operation] = Breaker(self.threshold, self.recovery_s)
            if self.meter:
                self.meter.breaker(operation, breaker.state)
        if breaker.state is BreakerState.CLOSED:
            return breaker.era
        before = breaker.state
        if wait_s := breaker.wait_s(now):
            if self.meter:
                self.meter.not_sent(operation)
            raise Unavailable(NOT_MADE, retry_after_s=math.ceil(wait_s))
        self._report(operation, breaker, before)
        return breaker.era

    def ended(self, operation: str, era: int, now: float, *, error: ServiceError | None) -> None:
        """Notes that the call was answered, or failed with this error."""
        breaker = self._breakers[operation]
        if error is None and not breaker.failures and breaker.state is BreakerState.CLOSED:
            return
        before = breaker.state
        if type(error) is Unavailable:  # not Throttled, which is an answer
            breaker.failed(era, now)
        else:
            breaker.answered(era)
        self._report(operation, breaker, before)

    def abandoned(self, operation: str, era: int, now: float) -> None:
        """Notes that the call was cancelled, by a client that left or a deadline that passed."""
        self._breakers[operation].abandoned(era, now)

    def _report(self, operation: str, breaker: Breaker, before: BreakerState) -> None:
        state, failures = breaker.state, breaker.failures
        if state is before:
            return
        if self.meter:
            self.meter.breaker(operation, state)
        report = log.bind(operation=operation, state=state.value, before=before.value)
        level = report.warning if state is BreakerState.OPEN else report.info
        level("aws breaker changed", failures=failures)
