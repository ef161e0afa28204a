"""The answers of a projection: frozen, so that whoever was shown one keeps it as it was."""

from dataclasses import dataclass
from datetime import datetime

from service.core.models import ExecutionStatus, HistoryEvent


class HistoryGap(Exception):
    """Events are missing between the cursor and what was given: read again from the cursor."""

    def __init__(self, cursor: int, found: int) -> None:
        super().__init__(f"event {cursor + 1} is missing: {found} follows {cursor}")
        self.cursor, self.found = cursor, found


@dataclass(frozen=True, slots=True)
class PendingTask:
    """A task that waits for a callback or for an activity's worker.

    `event_id` is that of the TaskScheduled or ActivityScheduled event, `resource` reads
    `sqs:sendMessage.waitForTaskToken` or `activity:<name>`. `timeout_at` is None where the state
    sets none; `heartbeat_seconds` is the longest silence allowed.
    """

    event_id: int
    state: str
    resource: str
    scheduled_at: datetime
    timeout_at: datetime | None = None
    heartbeat_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutionFields:
    """The execution itself, as its history tells it. `input` and `output` are JSON texts."""

    status: ExecutionStatus
    started_at: datetime
    stopped_at: datetime | None = None
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    input_truncated: bool = False
    output_truncated: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The changes by a stretch of history: the names of states, the names of ExecutionFields, and
    whether the pending tasks did. False where nothing shows."""

    events: tuple[HistoryEvent, ...] = ()
    states: frozenset[str] = frozenset()
    execution: frozenset[str] = frozenset()
    tasks: bool = False

    def __bool__(self) -> bool:
        return bool(self.events or self.states or self.execution or self.tasks)
