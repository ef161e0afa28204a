"""The execution's own fields, from its Execution* events."""

from collections.abc import Iterable
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any

from service.core.models import ExecutionStatus, HistoryEvent

from .facts import ExecutionFields

FIELDS = tuple(field.name for field in fields_of(ExecutionFields))
OUTCOMES = {
    "ExecutionSucceeded": ExecutionStatus.SUCCEEDED,
    "ExecutionFailed": ExecutionStatus.FAILED,
    "ExecutionTimedOut": ExecutionStatus.TIMED_OUT,
    "ExecutionAborted": ExecutionStatus.ABORTED,
}


class ExecutionRecord:
    """Folds Execution* events and remembers which event changed which field."""

    __slots__ = ("changed_by", "fields", "touched")

    def __init__(self) -> None:
        self.fields: ExecutionFields | None = None
        self.changed_by: dict[str, int] = {}
        self.touched: set[str] = set()

    def apply(self, event: HistoryEvent) -> None:
        """Fold one event; whatever is none of the execution's own changes nothing."""
        if self.fields is None:
            self._begin(event)
        elif event.type in OUTCOMES:
            self._end(self.fields, event)
        elif event.type == "ExecutionRedriven":
            self._reopen(self.fields, event)

    def _begin(self, event: HistoryEvent) -> None:
        details = event.details if event.type == "ExecutionStarted" else {}
        self.fields = ExecutionFields(
            status=ExecutionStatus.RUNNING,
            started_at=event.at,
            input=details.get("input"),
            input_truncated=_truncated(details.get("inputDetails")),
        )
        self._touch(FIELDS, event)
        if event.type != "ExecutionStarted":
            self.apply(event)

    def _end(self, fields: ExecutionFields, event: HistoryEvent) -> None:
        details = event.details
        self._set(
            event,
            fields,
            status=OUTCOMES[event.type],
            stopped_at=event.at,
            output=details.get("output"),
            output_truncated=_truncated(details.get("outputDetails")),
            error=details.get("error"),
            cause=details.get("cause"),
        )

    def _reopen(self, fields: ExecutionFields, event: HistoryEvent) -> None:
        count = event.details.get("redriveCount")
        self._set(
            event,
            fields,
            status=ExecutionStatus.RUNNING,
            stopped_at=None,
            output=None,
            output_truncated=False,
            error=None,
            cause=None,
            redrive_count=fields.redrive_count + 1 if count is None else int(count),
        )

    def _set(self, event: HistoryEvent, before: ExecutionFields, **values: Any) -> None:
        after = replace(before, **values)
        self._touch((n for n in values if getattr(before, n) != getattr(after, n)), event)
        self.fields = after

    def _touch(self, names: Iterable[str], event: HistoryEvent) -> None:
        for name in names:
            self.changed_by[name] = event.id
            self.touched.add(name)


def _truncated(details: Any) -> bool:
    return bool(details) and bool(details.get("truncated"))
