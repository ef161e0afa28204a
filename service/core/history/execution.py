"""Folds the execution's own fields from its Execution* events."""

from dataclasses import dataclass, field, fields, replace

from service.core.models import ExecutionStatus, HistoryEvent

from .facts import ExecutionFields

FIELDS = tuple(each.name for each in fields(ExecutionFields))
OUTCOMES = {
    "ExecutionSucceeded": ExecutionStatus.SUCCEEDED,
    "ExecutionFailed": ExecutionStatus.FAILED,
    "ExecutionTimedOut": ExecutionStatus.TIMED_OUT,
    "ExecutionAborted": ExecutionStatus.ABORTED,
}


@dataclass(slots=True)
class ExecutionRecord:
    """The fields, and which event changed which."""

    fields: ExecutionFields | None = None
    changed_by: dict[str, int] = field(default_factory=dict)

    def apply(self, event: HistoryEvent) -> None:
        """Fold one event; one about anything else than the execution changes nothing."""
        details = event.details
        if self.fields is None:
            self.fields = ExecutionFields(ExecutionStatus.RUNNING, event.at)
            if event.type == "ExecutionStarted":
                cut = _truncated(event, "inputDetails")
                self.fields = replace(self.fields, input=details.get("input"), input_truncated=cut)
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
            )
        else:
            return
        self.changed_by |= {
            name: event.id for name in FIELDS if getattr(after, name) != getattr(before, name)
        }
        self.fields = after


def _truncated(event: HistoryEvent, key: str) -> bool:
    return bool((event.details.get(key) or {}).get("truncated"))
