"""Tells what a logged event says besides itself: whether it means anything without its payload, and
whether its log has every event."""

from handrail.core.history.facts import OUTCOMES
from handrail.core.models import HistoryEvent

_TASKS = frozenset({"TaskScheduled", "TaskSucceeded"})
_ACTIVITIES = frozenset({"ActivityScheduled", "ActivitySucceeded"})


_ERRORS = ("Failed", "TimedOut", "Aborted", "FailStateEntered")
"""What is logged at the levels ERROR and FATAL too.
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level"""


def shows_all_are_logged(event: HistoryEvent) -> bool:
    """True for an event that is only logged where all are, at level ALL."""
    return not event.type.endswith(_ERRORS)


def needs_payload(event: HistoryEvent) -> bool:
    """True where a snapshot shows what the payload says (the execution's input, its end, an error,
    a task that waits), or where a task's token or its outcome stands in it."""
    kind = event.type
    if kind in _TASKS:
        return str(event.details.get("resource")).endswith(".waitForTaskToken")
    begins_or_ends = kind == "ExecutionStarted" or kind in OUTCOMES
    return begins_or_ends or kind in _ACTIVITIES or kind.endswith(("Failed", "TimedOut"))
