"""Makes the file of a case of a history: stand-ins that answer as the tasks did, and what came of
it. What a history doesn't hold is noted, and never guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidRequest
from handrail.core.history.facts import OUTCOMES
from handrail.core.history.handlers import move
from handrail.core.history.tree import Tree
from handrail.core.history.visits import Visit
from handrail.core.json_text import exact
from handrail.core.models import ExecutionStatus, HistoryEvent, Json
from handrail.core.task_tokens.redaction import REDACTED

_OUTCOME = re.compile(r"(Task|LambdaFunction|Activity)(Succeeded|TimedOut|\w*Failed)")
_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}
_BY_CHANCE = re.compile(
    r"\$\$\.(?:Execution|State|Task|StateMachine)|\$states\.context|States\.(?:UUID|MathRandom)"
    r"|\$(?:now|millis|uuid|random)\("
)
_FORKS = {"ParallelStateEntered", "MapStateEntered"}
NOT_RECORDED = "Handrail.NotRecorded"
_NEVER: Mapping[str, Json] = {"never": True}


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """`document` is a CaseFile's; `notes` are in it too."""

    document: Mapping[str, Json]
    notes: Sequence[str]


def record_case(
    execution: str,
    events: Sequence[HistoryEvent],
    *,
    definition: Definition | None,
    children: Sequence[Sequence[HistoryEvent]] = (),
    notes: Iterable[str] = (),
) -> RecordedCase:
    """Of an execution's whole history, and those of its Map Runs' child executions in the order
    they began. `notes` are of whoever read them. Raises InvalidRequest where it hasn't ended, or
    somebody stopped it."""
    first_run = _first_run(events)
    answers = _Answers(list(notes))
    if len(first_run) < len(events):
        answers.note("It was redriven: the case ends where it failed first.")
    answers.read(first_run)
    if not children and any(event.type == "MapRunStarted" for event in first_run):
        answers.note("What the child executions of its Map Runs did isn't in the history.")
    for child in children:
        answers.read(child)
    started, ended = first_run[0], first_run[-1]
    status = OUTCOMES[ended.type]
    document: dict[str, Json] = {
        "description": f"Recorded from {execution}, which came to {status.value}.",
        "input": answers.payload(started, "input", "The execution's input", {}),
        "stand_ins": answers.stand_ins(),
        "expect": _expectation(status, ended, first_run, definition, answers),
    }
    if any(event.type == "WaitStateEntered" for event in first_run):
        answers.note("Waits are the definition's: a time that has gone by takes none.")
    if answers.redacted:
        answers.note(f"Task tokens were in it: {REDACTED} stands in their places.")
    noted = {"notes": answers.notes} if answers.notes else {}
    return RecordedCase({**noted, **document}, answers.notes)


def _first_run(events: Sequence[HistoryEvent]) -> Sequence[HistoryEvent]:
    ends = (index for index, event in enumerate(events) if event.type in OUTCOMES)
    end = next(ends, None)
    if end is None:
        raise InvalidRequest("This execution hasn't ended: there is nothing to be replayed yet.")
    if OUTCOMES[events[end].type] is ExecutionStatus.ABORTED:
        raise InvalidRequest("Somebody stopped this execution: it has no end of its own to replay.")
    return events[: end + 1]


@dataclass(slots=True)
class _Answers:
    """What each visit's attempts came to, by state, in the order the visits began."""

    notes: list[str]
    redacted: bool = False
    raised: set[str] = field(default_factory=set)
    _visits: dict[str, list[list[Mapping[str, Json]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _side_by_side: set[str] = field(default_factory=set)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def read(self, events: Iterable[HistoryEvent]) -> None:
        tree, known = Tree(), dict[Visit, list[Mapping[str, Json]]]()
        for event in events:
            self.redacted = self.redacted or REDACTED in str(event.details)
            visit = move(tree, event).visit
            if visit is None or visit.record.type != "Task":
                continue
            name = visit.record.name
            if event.type == "TaskStateEntered":
                known[visit] = []
                self._visits[name].append(known[visit])
                if visit.lane.index is not None:
                    self._side_by_side.add(name)
            elif visit in known and event.type in _SCHEDULED:
                known[visit].append(_NEVER)
            elif visit in known and (match := _OUTCOME.fullmatch(event.type)):
                known[visit][-1:] = [self._answer(name, event, match[2])]

    def _answer(self, state: str, event: HistoryEvent, outcome: str) -> Mapping[str, Json]:
        if outcome == "Succeeded":
            missing = object()
            result = self.payload(event, "output", f"What {state} answered", missing)
            if result is missing:
                cause = "The history doesn't hold what this task answered."
                return {"raise": {"error": NOT_RECORDED, "cause": cause}}
            return {"return": result}
        raised = {"error": event.details.get("error"), "cause": event.details.get("cause")}
        if raised["error"] is None:
            self.note(
                f"{state} failed without an error's name: the case calls it States.TaskFailed."
            )
            raised["error"] = "States.TaskFailed"
        if raised["cause"] is not None:
            self.raised.add(str(raised["cause"]))
        return {"raise": {key: value for key, value in raised.items() if value is not None}}

    def payload(self, event: HistoryEvent, key: str, what: str, missing: Any) -> Any:
        """A JSON text of the event's as its value."""
        text = event.details.get(key)
        cut = event.details.get(f"{key}Details") or {}
        if text is None or (isinstance(cut, Mapping) and cut.get("truncated")):
            why = "was left out of the history" if text is None else "is cut short in the history"
            self.note(f"{what} {why}.")
            return missing
        try:
            return exact(str(text))
        except ValueError:
            self.note(f"{what} is no JSON in the history.")
            return missing

    def stand_ins(self) -> dict[str, Json]:
        """A list a state: an answer a visit, or a list of one an attempt."""
        found: dict[str, Json] = {}
        for state, visits in self._visits.items():
            answers = [_of_visit(visit) for visit in visits]
            found[state] = answers
            if state in self._side_by_side and any(each != answers[0] for each in answers):
                self.note(
                    f"Visits to {state} are in the order they began; iterations side by side may"
                    " take another's answer (a function can look at its arguments)."
                )
        return found


def _of_visit(attempts: Sequence[Mapping[str, Json]]) -> Json:
    """A visit without an outcome was cut off, or failed before its task was called."""
    if not attempts:
        return _NEVER
    return attempts[0] if len(attempts) == 1 else list(attempts)


def _expectation(
    status: ExecutionStatus,
    ended: HistoryEvent,
    events: Sequence[HistoryEvent],
    definition: Definition | None,
    answers: _Answers,
) -> dict[str, Json]:
    expected: dict[str, Json] = {"status": status.value}
    by_chance = definition is not None and _BY_CHANCE.search(definition.text)
    if status is ExecutionStatus.SUCCEEDED:
        missing = object()
        output = answers.payload(ended, "output", "The execution's output", missing)
        if by_chance:
            answers.note(f"The output isn't compared: the definition asks for {by_chance[0]}.")
        elif output is not missing:
            expected["output"] = output
    if (error := ended.details.get("error")) is not None:
        expected["error"] = error
    if (cause := ended.details.get("cause")) is not None:
        if cause in answers.raised or cause in _causes(definition):
            expected["cause"] = cause
        else:
            answers.note(
                "The cause isn't compared: no task gave it, and the engine has its own words."
            )
    if any(event.type in _FORKS for event in events):
        answers.note("The states' order isn't compared: some ran side by side.")
    else:
        entered = [event.details["name"] for event in events if event.type.endswith("StateEntered")]
        expected["entered"] = entered
    return expected


def _causes(definition: Definition | None) -> set[Json]:
    """Those that Fail states give as they stand."""
    if definition is None:
        return set()
    given = (state.raw.get("Cause") for state in definition.all_states if state.type == "Fail")
    return {cause for cause in given if isinstance(cause, str)}
