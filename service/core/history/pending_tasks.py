"""The tasks that wait for somebody outside: callbacks and activities."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.core.history.outcomes import Settlement, settlement
from service.core.models import HistoryEvent

from .facts import PendingTask
from .visits import Visit


@dataclass(eq=False, slots=True)
class PendingTasks:
    """Pending tasks by the id of the event that scheduled them, hence in that order."""

    pending: dict[int, PendingTask] = field(default_factory=dict)
    settled: dict[int, Settlement] = field(default_factory=dict)
    changed_by: int = 0

    def add(self, visit: Visit, resource: str, event: HistoryEvent) -> None:
        """The visit waits for its task to be settled, at most as long as the event says."""
        visit.task_id = self.changed_by = event.id
        self.pending[event.id] = PendingTask(
            event.id,
            visit.record.name,
            resource,
            event.at,
            _after(event.at, number(event.details.get("timeoutInSeconds"))),
            number(event.details.get("heartbeatInSeconds")),
        )

    def drop(self, visit: Visit, event: HistoryEvent) -> None:
        """Settled, timed out or stopped."""
        task_id, visit.task_id = visit.task_id, 0
        self.pending.pop(task_id, None)
        self.settled[task_id] = settlement(task_id, visit.record.name, event)
        self.changed_by = event.id


def number(value: Any) -> int | None:
    """A count or seconds; logs write numbers as texts. None where it is neither."""
    try:
        return None if value is None else int(value)
    except ValueError:
        return None


def _after(at: datetime, seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else at + timedelta(seconds=seconds)
    except OverflowError:
        return None
