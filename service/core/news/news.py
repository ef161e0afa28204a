"""Declares what news is: what happened to an execution by one event of its history."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from handrail.core.models import ExecutionId, ExecutionStatus

from .news_kinds import ENDS


@dataclass(frozen=True, slots=True)
class StateFailure:
    """Why the state of this kind failed; both are None where its history hasn't said so yet, as of
    a Fail state whose execution goes on to end."""

    kind: str
    error: str | None
    cause: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class News:
    """One event's, with all its kinds: the execution's first (`failed`), then the states'
    (`state:Pay.failed`), the innermost first. `at` is the event's own time. `input` and `output`
    are JSON texts, redacted as the events were, None where AWS left them out or there is none yet;
    `error` and `cause` are the execution's; `task` is the state of the task that waits, whose event
    this is."""

    execution: ExecutionId
    started_at: datetime
    event_id: int
    at: datetime
    kinds: tuple[str, ...]
    status: ExecutionStatus
    input: str | None = field(default=None, repr=False)
    output: str | None = field(default=None, repr=False)
    error: str | None = None
    cause: str | None = field(default=None, repr=False)
    redrive_count: int = 0
    failures: tuple[StateFailure, ...] = ()
    task: str | None = None

    def failure_of(self, kinds: Iterable[str]) -> tuple[str | None, str | None]:
        """The error and the cause that these of its kinds tell of: the execution's own, where it
        ended and that is asked for, else the first state's."""
        kinds = tuple(kinds)
        if any(kind in ENDS for kind in kinds):
            return self.error, self.cause
        told = (failure for failure in self.failures if failure.kind in kinds)
        first = next(told, None)
        return (None, None) if first is None else (first.error, first.cause)
