"""Folds an execution's history into news, event by event, by the tree of visits that its projection
has too."""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from handrail.core.history.facts import OUTCOMES, ExecutionRecord, HistoryGap
from handrail.core.history.handlers import move
from handrail.core.history.tree import Tree
from handrail.core.history.visits import StateRecord, Visit
from handrail.core.models import ExecutionId, HistoryEvent, StateStatus

from .news import News, StateFailure
from .news_kinds import WAITING, state_kind

_OF_EXECUTION = {
    "ExecutionStarted": "started",
    "ExecutionRedriven": "redriven",
    **{type: outcome.value.lower() for type, outcome in OUTCOMES.items()},
}
_MAY_BE_CAUGHT = ("MapStateFailed", "ParallelStateFailed")
"""After these a Catch may still take the failure: only what follows tells that none did."""

_WITH_ERROR = ("failed", "caught", "timed_out", "retried")


class _WatchedTree(Tree):
    """Collects the states that an event changed, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.touched: dict[str, StateRecord] = {}

    def touch(self, record: StateRecord, event: HistoryEvent) -> None:
        super().touch(record, event)
        self.touched[record.name] = record


class NewsFolding:
    """Of one execution, from event 1: the news of events up to `position` is known, and told to
    nobody again. Events are redacted ones."""

    def __init__(self, execution: ExecutionId, *, position: int = 0) -> None:
        self.execution, self.position = execution, position
        self.cursor = 0
        self._fields = ExecutionRecord()
        self._tree = _WatchedTree()
        self._counted: dict[str, dict[str, int]] = {}
        self._undecided: list[Visit] = []

    def fold(self, events: Iterable[HistoryEvent]) -> list[News]:
        """The news of those newer than what was folded, however they are split, repeated or ordered
        within a batch. Raises HistoryGap, before anything changes."""
        new = list[HistoryEvent]()
        last = self.cursor
        for event in sorted(events, key=attrgetter("id")):
            if event.id > last + 1:
                raise HistoryGap(last, event.id)
            if event.id == last + 1:
                new.append(event)
                last = event.id
        return [news for event in new if (news := self._folded(event)) is not None]

    def _folded(self, event: HistoryEvent) -> News | None:
        self._fields.apply(event)
        self._tree.touched = {}
        lane = move(self._tree, event)
        if event.type in _MAY_BE_CAUGHT and lane.visit is not None:
            self._undecided.append(lane.visit)
        self.cursor = event.id
        verbs = [*self._verbs(event)]  # also of what is known: the counts go on
        if event.id <= self.position:
            return None
        waiting = self._tree.tasks.pending.get(event.id)
        told = _OF_EXECUTION.get(event.type) or (WAITING if waiting is not None else None)
        kinds = [state_kind(record.name, verb) for record, verb in verbs]
        if waiting is not None:
            kinds.append(state_kind(waiting.state, WAITING))
        if not kinds and told is None:
            return None
        failures = (
            StateFailure(state_kind(record.name, verb), error["error"], error["cause"])
            for record, verb in verbs
            if verb in _WITH_ERROR and (error := record.last_error) is not None
        )
        known = self._fields.fields
        assert known is not None  # noqa: S101 - the event was applied
        return News(
            execution=self.execution,
            started_at=known.started_at,
            event_id=event.id,
            at=event.at,
            kinds=(*([told] if told is not None else ()), *kinds),
            status=known.status,
            input=None if known.input_truncated else known.input,
            output=None if known.output_truncated else known.output,
            error=known.error,
            cause=known.cause,
            redrive_count=known.redrive_count,
            failures=tuple(failures),
            task=waiting.state if waiting is not None else None,
        )

    def _verbs(self, event: HistoryEvent) -> Iterator[tuple[StateRecord, str]]:
        """What happened to the states that this event changed, those entered last first: they are
        the innermost."""
        decided = [visit for visit in self._undecided if self._decided(visit)]
        self._undecided = [visit for visit in self._undecided if visit not in decided]
        changed = self._tree.touched | {visit.record.name: visit.record for visit in decided}
        if len(changed) > 1:
            records = reversed(self._tree.records.values())
            changed = {each.name: each for each in records if each.name in changed}
        for record in changed.values():
            before = self._counted.get(record.name, {})
            undecided = sum(visit.record is record for visit in self._undecided)
            now = self._counted[record.name] = _counts(record, undecided)
            yield from ((record, verb) for verb, n in now.items() if n > before.get(verb, 0))

    def _decided(self, visit: Visit) -> bool:
        """Whether a Parallel or Map that failed was caught, or what is around it is over too."""
        around, known = visit.lane.parent, self._fields.fields
        if around is None:
            over = known is not None and known.status.terminal
        else:
            over = visit.lane.ended is not None or not around.open
        return over or visit.status is not StateStatus.FAILED


def _counts(record: StateRecord, undecided: int) -> dict[str, int]:
    """By what is told of a state. One that timed out has failed too, as in its document."""
    counts = record.counts
    timed_out = counts[StateStatus.TIMED_OUT]
    return {
        "entered": record.entered,
        "retried": record.retries,
        "succeeded": counts[StateStatus.SUCCEEDED],
        "failed": counts[StateStatus.FAILED] + timed_out - undecided,
        "timed_out": timed_out,
        "caught": counts[StateStatus.CAUGHT],
    }
