"""Decides when a delivery that failed is tried again, and when it is given up."""

from dataclasses import replace
from datetime import datetime, timedelta

from .deliveries import DeadLetter, Delivery, DeliveryFailed

FIRST_S = 5.0
LONGEST_S = 3600.0
IN_ALL = timedelta(days=1)
LONGEST_PROBLEM = 500


def after_failure(
    delivery: Delivery, failure: DeliveryFailed, now: datetime, *, jitter: float
) -> Delivery | DeadLetter:
    """The delivery with its next attempt, or given up: at once after a final failure, else when a
    day has passed since it was made. The waits double, from some seconds to an hour; `jitter`, from
    0 to 1, takes up to half of one away. What the receiver asks for (Retry-After) is kept to, an
    hour at most. The last attempt is a day after the first."""
    problem = failure.detail[:LONGEST_PROBLEM]
    failed = replace(delivery, attempts=delivery.attempts + 1, problem=problem)
    ends_at = delivery.created_at + IN_ALL
    if failure.final or now >= ends_at:
        return DeadLetter(replace(failed, due_at=now), now)
    wait_s = min(FIRST_S * 2.0 ** min(delivery.attempts, 20), LONGEST_S) * (1 - jitter / 2)
    asked_s = min(max(0.0, failure.retry_after_s or 0.0), LONGEST_S)
    due_at = now + timedelta(seconds=max(wait_s, asked_s))
    return replace(failed, due_at=min(due_at, ends_at))
