"""Follows AWS's clock by its answers, to tell whether an execution began before we asked.

StartExecution answers a replay with the date of the first start, and by AWS's clock a first start
is never dated before it was asked for. A Date header `D` (cut to seconds: RFC 9110, section 5.6.7)
of an answer that was waited for from `a` to `b` by our monotonic clock puts AWS's clock ahead of
ours by more than `D - b` and less than `D + 1 - a`.
"""

import math
from datetime import datetime

from .models import StartedExecution

SMALLEST_MARGIN_S = 0.002
LATE_S = 0.002  # how late a timer may wake us
DRIFT = 500e-6  # how fast a clock may run wrong at worst, while its rate is being corrected
USUAL_DRIFT = 2e-6


class RemoteClock:
    """Bounds how far AWS's clock is ahead of ours: answers narrow the two bounds, time widens them.

    The lower one proves replays and widens by the worst drift; the upper one only saves asking
    again and widens by the usual one. Where the process stood still, and its clock with it, the
    lower bound stays true, and an answer that contradicts the upper one replaces both."""

    def __init__(self) -> None:
        self._least, self._most, self._at = -math.inf, math.inf, 0.0

    def heard(self, date: datetime, *, asked_at: float, answered_at: float) -> None:
        """An answer that AWS dated, by a header of whole seconds."""
        least, most = date.timestamp() - answered_at, date.timestamp() + 1.0 - asked_at
        self._narrow(least, most, answered_at)

    def began(self, started: StartedExecution) -> None:
        """A start that surely was the first: by a name that nobody else had."""
        least = started.started_at.timestamp() - SMALLEST_MARGIN_S - started.answered_at
        most = started.started_at.timestamp() + SMALLEST_MARGIN_S - started.asked_at
        self._narrow(least, most, started.answered_at)

    def began_before(self, started: StartedExecution, now: float) -> bool | None:
        """False also where it began so shortly before it was asked for that no answer would tell;
        None where one more would (see `telling_at`)."""
        least, most = self._bounds(now)
        ahead_s, reach_s = _ahead_and_reach_s(started)
        if least > ahead_s:
            return True
        return None if reach_s + LATE_S < most - ahead_s < math.inf else False

    def telling_at(self, started: StartedExecution, now: float) -> float:
        """When to ask once more: the answer is back just before AWS's second ends if the execution
        began when it was asked for, and says the next second if it began earlier."""
        ahead_s = sum(_ahead_and_reach_s(started))
        return math.ceil(now + ahead_s) - ahead_s

    def _narrow(self, least: float, most: float, now: float) -> None:
        known_least, known_most = self._bounds(now)
        self._least, self._most, self._at = max(least, known_least), min(most, known_most), now
        if self._least > self._most:
            self._least, self._most = least, most

    def _bounds(self, now: float) -> tuple[float, float]:
        elapsed_s = now - self._at
        return self._least - DRIFT * elapsed_s, self._most + USUAL_DRIFT * elapsed_s


def _ahead_and_reach_s(started: StartedExecution) -> tuple[float, float]:
    """The most AWS's clock is ahead of ours if the execution began when it was asked for (hosts of
    AWS's may differ, and dates are rounded), and within which time an answer is surely back."""
    travel_s = min(0.1, started.answered_at - started.asked_at)
    ahead_s = started.started_at.timestamp() - started.asked_at
    return ahead_s + max(SMALLEST_MARGIN_S, travel_s / 2), LATE_S + 2 * travel_s
