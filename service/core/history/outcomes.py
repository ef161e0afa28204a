"""Reads off the history how a waiting task ended: is a callback due, a replay or a conflict?

SendTaskSuccess and SendTaskFailure say nothing of that: a token that was used answers TaskTimedOut,
and so does the SDK's repetition of a call whose answer was lost.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from service.core.json_values import canonical
from service.core.models import ExecutionId, HistoryEvent


class Outcome(StrEnum):
    """The end of a waiting task."""

    SUCCESS = "success"
    FAILURE = "failure"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"


_OUTCOMES = {
    "Succeeded": Outcome.SUCCESS,
    "Failed": Outcome.FAILURE,
    "StartFailed": Outcome.FAILURE,
    "SubmitFailed": Outcome.FAILURE,
    "TimedOut": Outcome.TIMED_OUT,
}


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """The end that a caller wants for a task: a success's `output` (JSON text), or a failure's
    `error` and `cause`."""

    outcome: Outcome
    output: str = "null"
    error: str = ""
    cause: str = ""

    def fingerprint(self) -> bytes:
        """The same for answers that mean the same."""
        if self.outcome is Outcome.SUCCESS:
            parts = [b"success", canonical(self.output)]
        else:
            parts = [b"failure", self.error.encode(), self.cause.encode()]
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:  # each with its length, so that no two lists of parts read alike
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()


class TaskKey(NamedTuple):
    """A waiting task, by the event that scheduled it. The epoch is the start of its execution,
    whose name can be used again."""

    execution: ExecutionId
    epoch: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a task that waited, as the history tells it."""

    event_id: int
    state: str
    outcome: Outcome
    at: datetime
    fingerprint: bytes


def settlement(event_id: int, state: str, event: HistoryEvent) -> Settlement:
    """Read off the event that ended the wait: `TaskSucceeded`, `ActivityFailed`, an abort …

    Any event but a task's own stopped it together with what is around it."""
    details, verb = event.details, event.type.removeprefix("Task").removeprefix("Activity")
    outcome = _OUTCOMES.get(verb, Outcome.STOPPED)
    answer = TaskAnswer(outcome)
    if outcome is Outcome.SUCCESS:
        answer = TaskAnswer(outcome, output=str(details.get("output") or "null"))
    elif outcome is Outcome.FAILURE:
        error, cause = str(details.get("error") or ""), str(details.get("cause") or "")
        answer = TaskAnswer(outcome, error=error, cause=cause)
    return Settlement(event_id, state, outcome, event.at, answer.fingerprint())
