"""Builds the document of an execution's progress."""

from datetime import datetime

from handrail.core.definition.cost import USD_PER_TRANSITION, express_usd
from handrail.core.forecast import UNKNOWN, Forecast, RemainingTime, time_left
from handrail.core.history.facts import ExecutionFields
from handrail.core.history.projection import Projection

from .progress_shapes import ProgressDocument

MOST_EVENTS = 25_000
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

WARN_AT = MOST_EVENTS * 4 // 5
A_STEP = 0.01
"""A fraction that grew by so much is news; as are so many events of all that there may be."""

FEW_EVENTS = 10
"""Fewer more aren't: nor is less than a tenth of those before, where that is more."""


def progress_document(
    projection: Projection, forecast: Forecast, *, express: bool, now: datetime
) -> ProgressDocument | None:
    """None before the first event was folded."""
    if (fields := projection.execution) is None:
        return None
    events, ended, left = projection.cursor, fields.status.terminal, _left(fields, forecast, now)
    usd = projection.transitions * USD_PER_TRANSITION
    if express:
        last_at = fields.stopped_at or projection.last_at or fields.started_at
        usd = express_usd((last_at - fields.started_at).total_seconds())
    return {
        "fraction": projection.fraction(forecast.paths),
        "remaining_s": left.remaining_s,
        "typical_s": forecast.typical_s,
        "overdue": left.overdue,
        "transitions": None if express else projection.transitions,
        "usd": round(usd, 9),
        "at_least": express or projection.starts_children,
        "events": events,
        "events_left": None if express else max(MOST_EVENTS - events, 0),
        "warning": None if express or ended or events < WARN_AT else _warning(events),
    }


def a_moment_later(
    progress: ProgressDocument, projection: Projection, forecast: Forecast, *, now: datetime
) -> ProgressDocument:
    """Where nothing has changed but the time."""
    if (fields := projection.execution) is None:
        return progress
    left = _left(fields, forecast, now)
    return {**progress, "remaining_s": left.remaining_s, "overdue": left.overdue}


def at_its_end(progress: ProgressDocument) -> ProgressDocument:
    """As it is shown of an execution that is known to have ended, whatever its events tell."""
    return {**progress, "fraction": 1.0, "remaining_s": 0.0, "overdue": False, "warning": None}


def noticeable(before: ProgressDocument | None, now: ProgressDocument | None) -> bool:
    """Whether somebody who was told of the one before is to be told of this one for itself."""
    if before is None or now is None:
        return before is not now
    for name in ("fraction", "remaining_s"):
        if (before[name] is None) != (now[name] is None):
            return True
    moved = abs((now["fraction"] or 0.0) - (before["fraction"] or 0.0)) >= A_STEP
    so_many = min(max(FEW_EVENTS, before["events"] / 10), A_STEP * MOST_EVENTS)
    more = abs(now["events"] - before["events"]) >= so_many
    turned = now["overdue"] != before["overdue"] or bool(now["warning"]) != bool(before["warning"])
    return moved or more or turned


def _left(fields: ExecutionFields, forecast: Forecast, now: datetime) -> RemainingTime:
    """Of one that was redriven nothing is known: it lay still for a time."""
    if fields.status.terminal:
        return RemainingTime(0.0)
    return (
        UNKNOWN if fields.redrive_count else time_left(forecast.typical_s, fields.started_at, now)
    )


def _warning(events: int) -> str:
    return (
        f"{events:,} of the {MOST_EVENTS:,} events that AWS allows an execution are used up: with "
        "the last one it fails. If that is near, stop it and start another with what is left to "
        "do. Then change its definition: let a loop go on in a new execution in time, and a Map's "
        "items run in executions of their own (mode DISTRIBUTED)."
    )
