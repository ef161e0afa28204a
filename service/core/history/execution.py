"""The execution's own fields, from its Execution* events."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

from service.core.models import ExecutionStatus, HistoryEvent

from .facts import ExecutionFields

FIELDS = tuple(each.name for each in fields(ExecutionFields))
OUTCOMES = {
    "ExecutionSucceeded": ExecutionStatus.SUCCEEDED,
    "ExecutionFailed": ExecutionStatus.FAILED,
    "ExecutionTimedOut": ExecutionStatus.TIMED_OUT,
    "ExecutionAborted": ExecutionStatus.ABORTED,
}
_NOT_ENDED: dict[str, Any] = {
    "stopped_at": None,
    "output": None,
    "output_truncated": False,
    "error": None,
    "cause": None,
}


@dataclass(slots=True)
class ExecutionRecord:
    """Folds Execution* events and remembers which event changed which field."""

    fields: ExecutionFields | None = None
    changed_by: dict[str, int] = field(default_factory=dict)

    def apply(self, event: HistoryEvent) -> None:
        """Fold one event; one about anything else than the execution changes nothing."""
        details = event.details
        if self.fields is None:
            started = details if event.type == "ExecutionStarted" else {}
            self.fields = ExecutionFields(
                ExecutionStatus.RUNNING,
                event.at,
                input=started.get("input"),
                input_truncated=_truncated(started.get("inputDetails")),
            )
            self.changed_by = dict.fromkeys(FIELDS, event.id)
        if event.type in OUTCOMES:
            after = replace(
                self.fields,
                status=OUTCOMES[event.type],
                stopped_at=event.at,
                output=details.get("output"),
                output_truncated=_truncated(details.get("outputDetails")),
                error=details.get("error"),
                cause=details.get("cause"),
            )
        elif event.type == "ExecutionRedriven":
            count = details.get("redriveCount")
            count = self.fields.redrive_count + 1 if count is None else int(count)
            status = ExecutionStatus.RUNNING
            after = replace(self.fields, status=status, redrive_count=count, **_NOT_ENDED)
        else:
            return
        for name in FIELDS:
            if getattr(after, name) != getattr(self.fields, name):
                self.changed_by[name] = event.id
        self.fields = after


def _truncated(details: Any) -> bool:
    return bool(details) and bool(details.get("truncated"))
