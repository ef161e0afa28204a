"""Sets when to say that a task is worked on, to ask again, to give up. Pure: randomness is an
argument, in 0…1, and times are seconds."""

from dataclasses import dataclass

from handrail.core.pacing import backoff


@dataclass(frozen=True, slots=True)
class HeartbeatPace:
    """The pace of one task's heartbeats."""

    every_s: float

    @property
    def window_s(self) -> float:
        """How long AWS may hear nothing of the task before it can be taken for lost."""
        return self.every_s * 3  # two heartbeats may get lost

    def delay_s(self, *, failures: int, jitter: float) -> float:
        """Until the next one after so many failed in a row: never later than asked, and not all of
        them at once."""
        due_s = self.every_s * (1 - 0.25 * jitter)
        return min(due_s, retry_s(failures=failures, jitter=jitter)) if failures else due_s


def retry_s(*, failures: int, jitter: float, at_least_s: float = 0.0) -> float:
    """AWS throttles or can't be reached: doubling, with full jitter, above what AWS asks for."""
    return at_least_s + backoff(failures, first_s=1.0, max_s=20.0, jitter=jitter)


def refused_s(*, failures: int, jitter: float) -> float:
    """AWS denies this worker's credentials: only a person can mend that."""
    return 15.0 + backoff(failures, first_s=60.0, max_s=300.0, jitter=jitter)
