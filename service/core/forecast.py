"""Tells how long an execution still takes, by those of its state machine that succeeded last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from .definition.expected_path import ExpectedPaths
from .models import Execution, ExecutionStatus

LEAST = 3
"""Fewer tell nothing."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of an execution: the `paths` of its definition, and how many seconds one
    typically takes; None where that is unknown."""

    paths: ExpectedPaths | None = None
    typical_s: float | None = None


@dataclass(frozen=True, slots=True)
class RemainingTime:
    """Seconds, None where they are unknown, as they are of one that is `overdue`."""

    remaining_s: float | None
    overdue: bool = False


UNKNOWN = RemainingTime(None)


def typical_s(listed: Iterable[Execution], version: str | None) -> float | None:
    """The median of how long those took that succeeded, all waiting within them included: of the
    same version where enough are, else of all. Redriven ones, which lay still, don't count."""
    took: list[float] = []
    by_this: list[float] = []
    for each in listed:
        if each.status is ExecutionStatus.SUCCEEDED and each.stopped_at and not each.redrive_count:
            took.append((each.stopped_at - each.started_at).total_seconds())
            if each.version == version:
                by_this.append(took[-1])
    enough = next((found for found in (by_this, took) if len(found) >= LEAST), None)
    return None if enough is None else median(enough)


def time_left(typical_s: float | None, started_at: datetime, now: datetime) -> RemainingTime:
    """What is left of the typical time, to the second. How far it is doesn't count: states differ
    in how long they take. What takes longer than half of all may take any time."""
    if typical_s is None:
        return UNKNOWN
    left_s = typical_s - (now - started_at).total_seconds()
    return RemainingTime(float(round(left_s))) if left_s > 0 else RemainingTime(None, overdue=True)
