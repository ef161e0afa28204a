"""Reads off the history how a waiting task ended. SendTaskSuccess and SendTaskFailure don't
tell: a used token answers TaskTimedOut, and so does a repeated call whose answer was lost."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from handrail.core.json_values import canonical
from handrail.core.models import ExecutionId, HistoryEvent


class Outcome(StrEnum):
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
    """A success with its `output` (JSON text), or a failure with its `error` and `cause`."""

    outcome: Outcome
    output: str = "null"
    error: str = ""
    cause: str = ""

    def fingerprint(self) -> bytes:
        """The same for answers that mean the same."""
        parts = [b"failure", self.error.encode(), self.cause.encode()]
        if self.outcome is Outcome.SUCCESS:
            parts = [b"success", canonical(self.output)]
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:  # each with its length, so that no two lists of parts read alike
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()


class TaskKey(NamedTuple):
    """A waiting task, by the event that scheduled it and the start of its execution in ms."""

    execution: ExecutionId
    epoch: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers, as far as that is known. With `sole` nobody else may be named in the answer."""

    name: str | None = None
    sole: bool = False


NOBODY = Answerer()


@dataclass(frozen=True, slots=True)
class Settlement:
    """`ended_by` is the event that tells it. Of one that was applied a moment ago there is none
    yet; `by` says who settled it, and `answer` how, where that is short."""

    event_id: int
    state: str
    outcome: Outcome
    at: datetime
    fingerprint: bytes
    ended_by: int | None = None
    by: str | None = None
    answer: TaskAnswer | None = field(default=None, repr=False)


def settlement(event_id: int, state: str, event: HistoryEvent) -> Settlement:
    """By the event that ended the wait: any but a task's own stopped it with what is around it."""
    answer = answer_in(event)
    return Settlement(event_id, state, answer.outcome, event.at, answer.fingerprint(), event.id)


def answer_in(event: HistoryEvent) -> TaskAnswer:
    """The answer that such an event tells; its outcome alone where nobody gave one."""
    details, verb = event.details, event.type.removeprefix("Task").removeprefix("Activity")
    outcome = _OUTCOMES.get(verb, Outcome.STOPPED)
    told = ("output", "error", "cause") if outcome in {Outcome.SUCCESS, Outcome.FAILURE} else ()
    return TaskAnswer(outcome, **{key: str(details[key]) for key in told if details.get(key)})
