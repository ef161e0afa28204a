"""Makes spans of a history: the execution and each redrive, every visit, its attempts and waits,
Map iterations and Parallel branches. No payload and no cause gets into them.

A span is as the run left it that it belongs to: a redrive begins spans of its own, so that what was
exported before stays as it was.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic_core import from_json

from handrail.core.errors import ExecutionNotFound
from handrail.core.models import Account, ExecutionId, HistoryEvent, Json, from_ms
from handrail.core.trace_context import TraceContext

from .facts import OUTCOMES
from .handlers import move
from .span_records import FinishedSpans, SpanRecord
from .spans import ExecutionTrace, SpanKind, derived_trace_id, root_link
from .timeline_log import iteration
from .tree import Tree
from .visit_log import child_of
from .visits import Lane, Visit

MOST_SPANS = 4_000
_KINDS = ("Task", "LambdaFunction", "Activity")
_SCHEDULED = {f"{kind}{verb}" for kind in _KINDS for verb in ("Scheduled", "ScheduleFailed")}
_VERBS = ("Succeeded", "Failed", "TimedOut", "StartFailed", "SubmitFailed", "ScheduleFailed")
_SETTLED = {f"{kind}{verb}" for kind in _KINDS for verb in _VERBS}
_CONTAINERS = {"MapStateStarted", "ParallelStateStarted", "MapRunStarted", "MapRunRedriven"}
_RUNS_AGAIN = _SCHEDULED | _CONTAINERS | {"EvaluationFailed"}
"""What may be the first of a visit after a redrive; before one it is the entry."""


class SpanLog:
    """Folds the history of one execution, from its first event on."""

    def __init__(self, id: ExecutionId, account: Account) -> None:
        self._id, self._account, self._arn = id, account, account.execution_arn(id)
        self._tree = Tree()
        self._over = list[SpanRecord]()  # of the runs before
        self._records = list[SpanRecord]()  # of the newest run, which is the first of them
        self._of = dict[Visit | Lane, SpanRecord]()
        self._attempts = dict[Visit, SpanRecord]()
        self._waits = dict[Visit, SpanRecord]()
        self._last_at = datetime.min.replace(tzinfo=UTC)

    def fold(self, events: Iterable[HistoryEvent]) -> None:
        """The history's next events, in order."""
        for event in events:
            self._last_at = max(self._last_at, event.at)
            if not self._records or event.type == "ExecutionRedriven":
                self._begin_run(event)
            lane = move(self._tree, event)
            if event.type == "MapIterationStarted" and lane.parent is not None:
                self._lane(lane, event)
            elif lane.visit is not None:
                self._on_visit(lane.visit, event)
            if event.type in OUTCOMES:
                self._end_run(event)

    @property
    def begun(self) -> datetime | None:
        """The time of the first event, None before it was folded."""
        return (self._over or self._records)[0].started_at if self._records else None

    def trace(self, started_in: TraceContext | None = None) -> ExecutionTrace:
        """Of what was folded, in the trace that the execution was started in, else in one of its
        own. What goes on ends with the newest event. Raises ExecutionNotFound before the first."""
        if (started_at := self.begun) is None:
            raise ExecutionNotFound("No event of this execution is known.")
        context = started_in or TraceContext(derived_trace_id(self._arn, started_at))
        if self._records[0].ended_at is None:
            for record in self._records:
                record.settle(None)
        records = [*self._over, *self._records]
        made = FinishedSpans(records, context, self._arn, self._last_at, MOST_SPANS)
        return ExecutionTrace(self._id, self._account, context, made.spans())

    def _begin_run(self, event: HistoryEvent) -> None:
        what = "redrive" if self._records else "execution"
        self._over += self._records
        for known in (self._of, self._attempts, self._waits):
            known.clear()
        event_id = event.id if what == "redrive" else 1
        name = f"{what} {self._id.machine}"
        run = SpanRecord(event_id, what, None, name, SpanKind.SERVER, event.at)
        run.attributes["aws.step_functions.execution.arn"] = self._arn
        run.attributes["handrail.execution"] = str(self._id)
        if what == "redrive":
            run.attributes["handrail.redrive"] = self._tree.redrives + 1
        self._records = [run]

    def _end_run(self, event: HistoryEvent) -> None:
        run, status = self._records[0], OUTCOMES[event.type]
        run.ended_at, run.failed = event.at, event.type != "ExecutionSucceeded"
        run.error = _error(event) if run.failed else None
        run.attributes["handrail.status"] = status.value
        for record in self._records:
            record.settle(event.at)

    def _on_visit(self, visit: Visit, event: HistoryEvent) -> None:
        known = self._of.get(visit)
        if known is None:
            if not event.type.endswith("StateEntered") and event.type not in _RUNS_AGAIN:
                return
            known = self._visit(visit, event)
        if event.type in _SCHEDULED:
            self._begin_attempt(visit, known, event)
        if event.type in _SETTLED:
            self._end_attempt(visit, event)
        elif event.type in {"TaskSubmitted", "ActivityStarted"}:
            self._handed_over(visit, event)
        elif event.type.startswith("MapRun") and (arn := event.details.get("mapRunArn")):
            known.attributes["handrail.map_run"] = str(arn)

    def _visit(self, visit: Visit, event: HistoryEvent) -> SpanRecord:
        lane = visit.lane
        around = self._records[0] if lane.parent is None else self._lane(lane, event)
        record = self._new("visit", around, visit.record.name, event, of=visit)
        record.attributes["handrail.state.type"] = visit.record.type
        return record

    def _lane(self, lane: Lane, event: HistoryEvent) -> SpanRecord:
        """A branch or an iteration, within its Parallel or Map."""
        known, visit = self._of.get(lane), lane.parent
        if known is not None or visit is None:
            return known or self._records[0]
        around = self._of.get(visit) or self._visit(visit, event)
        what = "branch" if visit.record.type == "Parallel" else "iteration"
        record = self._new(what, around, f"{visit.record.name} {what}", event, of=lane)
        record.attributes["handrail.attempt"] = visit.attempts
        if (index := iteration(lane)) is not None:
            record.attributes["handrail.map.index"] = index
        return record

    def _begin_attempt(self, visit: Visit, around: SpanRecord, event: HistoryEvent) -> None:
        if (before := self._attempts.get(visit)) is not None:
            before.ended_at = event.at
        attempt = self._new("attempt", around, _called(event), event, SpanKind.CLIENT)
        self._attempts[visit] = attempt
        attempt.attributes["handrail.attempt"] = visit.attempts
        arn = event.details.get("resource")
        if arn and event.type.startswith("LambdaFunction"):
            attempt.attributes["aws.lambda.invoked_arn"] = str(arn)
        elif arn and event.type.startswith("Activity"):
            attempt.attributes["aws.step_functions.activity.arn"] = str(arn)
        if event.type == "ActivityScheduled":
            self._waits[visit] = self._new("wait", attempt, "wait for worker", event)

    def _handed_over(self, visit: Visit, event: HistoryEvent) -> None:
        """To a worker, which ends a wait; or to what is waited for now."""
        if (attempt := self._attempts.get(visit)) is None:
            return
        if event.type == "ActivityStarted":
            self._end_wait(visit, event)
            return
        callback = str(event.details.get("resource", "")).endswith(".waitForTaskToken")
        name = "wait for callback" if callback else "wait for job"
        self._waits[visit] = self._new("wait", attempt, name, event)
        self._link(attempt, event)

    def _end_attempt(self, visit: Visit, event: HistoryEvent) -> None:
        self._end_wait(visit, event)
        if (attempt := self._attempts.pop(visit, None)) is None:
            return
        attempt.ended_at, attempt.failed = event.at, not event.type.endswith("Succeeded")
        attempt.error = _error(event) if attempt.failed else None
        self._link(attempt, event)

    def _end_wait(self, visit: Visit, event: HistoryEvent) -> None:
        if (wait := self._waits.pop(visit, None)) is not None:
            wait.ended_at = event.at

    def _link(self, attempt: SpanRecord, event: HistoryEvent) -> None:
        """To the execution that the task started, if it did."""
        if attempt.links or child_of(event) is None:
            return
        output = from_json(event.details["output"])
        arn, started_at = str(output["ExecutionArn"]), _date(output.get("StartDate"))
        attempt.attributes["handrail.child_execution"] = arn
        if started_at is not None:
            attempt.links.append(root_link(arn, started_at))

    def _new(
        self,
        what: str,
        parent: SpanRecord,
        name: str,
        event: HistoryEvent,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        of: Visit | Lane | None = None,
    ) -> SpanRecord:
        record = SpanRecord(event.id, what, parent, name, kind, event.at, of)
        self._records.append(record)
        if of is not None:
            self._of[of] = record
        return record


def _error(event: HistoryEvent) -> str | None:
    """Its name alone: a cause may hold whatever the task had."""
    return str(event.details["error"]) if event.details.get("error") else None


def _called(event: HistoryEvent) -> str:
    """`lambda:invoke`, `sqs:sendMessage.waitForTaskToken`, `activity:name`."""
    resource = str(event.details.get("resource") or "")
    if event.type.startswith("LambdaFunction"):
        return "lambda:invoke"
    if event.type.startswith("Activity"):
        return f"activity:{resource.rpartition(':')[2]}"
    return f"{event.details.get('resourceType') or 'task'}:{resource or 'call'}"


def _date(at: Json) -> datetime | None:
    """A task's output has it in seconds, milliseconds or as a text, as the integration likes."""
    try:
        if isinstance(at, str):
            read = datetime.fromisoformat(at)
            return read if read.tzinfo else None
        if isinstance(at, bool) or not isinstance(at, int | float):
            return None
        return from_ms(round(at if at > 1e11 else at * 1000))
    except (ValueError, OverflowError):
        return None
