"""Declares the answers of a projection, frozen, and folds the execution's own fields."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from handrail.core.machine_reference import qualifier_of
from handrail.core.models import ExecutionStatus, HistoryEvent


class HistoryGap(Exception):
    """Events are missing between the cursor and what was given: read again from the cursor."""

    def __init__(self, cursor: int, found: int) -> None:
        super().__init__(f"event {cursor + 1} is missing: {found} follows {cursor}")
        self.cursor, self.found = cursor, found


@dataclass(frozen=True, slots=True)
class PendingTask:
    """A task that waits for a callback or for an activity's worker. `event_id` is that of the event
    that scheduled it, `resource` reads `sqs:sendMessage.waitForTaskToken` or `activity:<name>`,
    and `heartbeat_seconds` is the longest silence allowed. `parameters`, an activity's input, is
    JSON text, redacted as the event was; None where there are none or they are `too_large`."""

    event_id: int
    state: str
    resource: str
    scheduled_at: datetime
    timeout_at: datetime | None = None
    heartbeat_seconds: int | None = None
    parameters: str | None = field(default=None, repr=False)
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class ExecutionFields:
    """The execution itself, as its history tells it. `input` and `output` are JSON texts; `version`
    and `alias` are what it was started by."""

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
    version: str | None = None
    alias: str | None = None


FIELDS = tuple(each.name for each in fields(ExecutionFields))
OUTCOMES = {
    "ExecutionSucceeded": ExecutionStatus.SUCCEEDED,
    "ExecutionFailed": ExecutionStatus.FAILED,
    "ExecutionTimedOut": ExecutionStatus.TIMED_OUT,
    "ExecutionAborted": ExecutionStatus.ABORTED,
}


@dataclass(slots=True)
class ExecutionRecord:
    fields: ExecutionFields | None = None
    changed_by: dict[str, int] = field(default_factory=dict)

    def apply(self, event: HistoryEvent) -> None:
        """Fold one event; one about anything else than the execution changes nothing."""
        details = event.details
        if self.fields is None:
            self.fields = _begun(event)
            self.changed_by = dict.fromkeys(FIELDS, event.id)
        before = self.fields
        if event.type in OUTCOMES:
            after = replace(
                before,
                status=OUTCOMES[event.type],
                stopped_at=event.at,
                output=details.get("output"),
                output_truncated=_truncated(event, "outputDetails"),
                error=details.get("error"),
                cause=details.get("cause"),
            )
        elif event.type == "ExecutionRedriven":
            given = details.get("redriveCount")
            after = ExecutionFields(
                ExecutionStatus.RUNNING,
                before.started_at,
                input=before.input,
                input_truncated=before.input_truncated,
                redrive_count=before.redrive_count + 1 if given is None else int(given),
                version=before.version,
                alias=before.alias,
            )
        else:
            return
        self.changed_by |= {
            name: event.id for name in FIELDS if getattr(after, name) != getattr(before, name)
        }
        self.fields = after


def _begun(event: HistoryEvent) -> ExecutionFields:
    details, running = event.details, ExecutionFields(ExecutionStatus.RUNNING, event.at)
    if event.type != "ExecutionStarted":
        return running
    return replace(
        running,
        input=details.get("input"),
        input_truncated=_truncated(event, "inputDetails"),
        version=qualifier_of(details.get("stateMachineVersionArn")),
        alias=qualifier_of(details.get("stateMachineAliasArn")),
    )


def _truncated(event: HistoryEvent, key: str) -> bool:
    return bool((event.details.get(key) or {}).get("truncated"))


@dataclass(frozen=True, slots=True)
class Change:
    """By a stretch of history: the names of states and of ExecutionFields, and whether the pending
    tasks changed. False where nothing shows."""

    events: tuple[HistoryEvent, ...] = ()
    states: frozenset[str] = frozenset()
    execution: frozenset[str] = frozenset()
    tasks: bool = False

    def __bool__(self) -> bool:
        return bool(self.events or self.states or self.execution or self.tasks)
