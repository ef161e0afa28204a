"""The answers of a projection: frozen, so that whoever was shown one keeps it as it was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from service.core.models import ExecutionStatus, HistoryEvent, StateStatus


class HistoryGap(Exception):
    """Events are missing between the cursor and what was given: read again from the cursor."""

    def __init__(self, cursor: int, found: int) -> None:
        super().__init__(f"event {cursor + 1} is missing: {found} follows {cursor}")
        self.cursor = cursor
        self.found = found


@dataclass(frozen=True, slots=True)
class StateError:
    """The failure of an attempt. Both are None where the history doesn't say (a Fail state names
    its error only once it ends the execution)."""

    error: str | None
    cause: str | None

    @classmethod
    def of(cls, event: HistoryEvent) -> Self:
        return cls(event.details.get("error"), event.details.get("cause"))


@dataclass(frozen=True, slots=True)
class MapItems:
    """An inline Map's items, over all its visits, each by its newest attempt.

    A distributed Map runs its items in executions of their own: only `total` is known then.
    """

    total: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0


@dataclass(frozen=True, slots=True)
class StateSummary:
    """One state of the definition, over all its visits.

    `entered` = `running` + `succeeded` + `failed` + `caught` + `aborted`, where `running` counts
    every open visit and `failed` those that timed out too. `retries` counts attempts after the
    first. `status` is that of the open visits, if there are any: RUNNING before RETRYING before
    WAITING. Otherwise it is the outcome of the visit that closed last, except that visits stopped
    because a sibling failed don't hide that failure. `changed_by` is the last event that changed
    anything here, `last_changed_at` its time.
    """

    state: str
    type: str
    status: StateStatus
    entered: int
    running: int
    succeeded: int
    failed: int
    caught: int
    retries: int
    first_entered_at: datetime
    last_changed_at: datetime
    last_error: StateError | None
    changed_by: int
    aborted: int = 0
    items: MapItems | None = None


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
    whether the pending tasks did. Empty where nothing shows."""

    events: tuple[HistoryEvent, ...] = ()
    states: frozenset[str] = frozenset()
    execution: frozenset[str] = frozenset()
    tasks: bool = False

    def __bool__(self) -> bool:
        return bool(self.events or self.states or self.execution or self.tasks)
