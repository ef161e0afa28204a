"""An execution whose time stands still while somebody outside acts: a test that answers a task by
its token, which would otherwise time out before."""

import json
from dataclasses import dataclass, field

from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.errors import TaskNotFound
from handrail.core.history.events import parse_event
from handrail.core.task_tokens.redaction import Redactor

from .step_functions.live_execution import LiveExecution
from .step_functions.live_history import shown
from .virtual_clock.timeline import Timeline


@dataclass(slots=True)
class PausedExecution:
    """Time is held, and goes on inside its methods alone."""

    _execution: LiveExecution
    _timeline: Timeline
    _known: set[str] = field(default_factory=set)

    def token(self) -> str:
        """Lets time go on until another task waits for a callback or a worker, and gives its token;
        a worker has taken it then. Raises TaskNotFound where none will."""
        if not self._timeline.go_on_until(lambda: self._waiting() is not None):
            raise TaskNotFound("No other task of this execution waits for an answer.")
        token = self._waiting()
        if token is None:  # it was answered at this very moment
            return self.token()
        self._known.add(token)
        self._execution.callbacks.get(token).start(None)
        return token

    def _waiting(self) -> str | None:
        for token in self._execution.callbacks.tokens():
            if token not in self._known and self._execution.callbacks.get(token).waits:
                return token
        return None

    def result(self) -> ExecutionOutcome:
        """Lets time go on to the end, or to where nothing but an answer could help."""
        done = self._execution.done
        self._timeline.go_on_until(done.is_set)
        return outcome_of(self._execution)


def outcome_of(execution: LiveExecution) -> ExecutionOutcome:
    """What it came to so far, without task tokens in its events."""
    redactor = Redactor(execution.callbacks.tokens())
    events = execution.history.events()
    read = [
        parse_event({**shown(event, data=True), "type": event["type"].value}) for event in events
    ]
    described = execution.described()
    output, has_output = described["output"], described["output"] is not None
    return ExecutionOutcome(
        described["status"],
        json.loads(output) if has_output else None,
        described["error"],
        described["cause"],
        [redactor.event(event) for event in read],
        has_output,
    )
