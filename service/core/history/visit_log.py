"""Records the visits to one state, of which the projection keeps sums alone: the newest ones before
a position, as many as a page holds."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from pydantic_core import from_json

from handrail.core.errors import ExecutionNotFound
from handrail.core.models import ExecutionId, HistoryEvent, StateStatus

from .handlers import move
from .tree import Tree
from .visits import UNKNOWN_ERROR, Lane, Visit

_STARTED = ("TaskSubmitted", "TaskSucceeded")
_OTHERS = ("Execution", "MapIteration")  # such events stand on a visit's lane, and aren't its


@dataclass(frozen=True, slots=True)
class Enclosing:
    """A Map or Parallel around a visit. `index` is the iteration's; no history has a branch's."""

    state: str
    type: str
    index: int | None = None


@dataclass(eq=False, slots=True)
class RecordedVisit:
    """One visit, `within` these, the outermost first; `exited` by an event of its own, or not.
    `size` is how many characters went in and out; `child` the execution that its newest attempt
    started (states:startExecution)."""

    visit: Visit
    entered: HistoryEvent
    within: tuple[Enclosing, ...]
    exited: HistoryEvent | None = None
    size: int = 0
    child: ExecutionId | None = None
    event_ids: list[int] = field(default_factory=list)

    @property
    def status(self) -> StateStatus:
        return self.visit.status

    @property
    def closed_at(self) -> datetime | None:
        return self.visit.closed_at


class VisitLog:
    """Of the visits to `state` that were entered before this event (all where None), the newest:
    at most `most`, and at least one, of `max_size` characters together."""

    def __init__(self, state: str, *, before: int | None, most: int, max_size: int) -> None:
        self._dropped = False
        self._state = state
        self._before, self._most, self._max_size = before, most, max_size
        self._tree = Tree()
        self._kept: dict[Visit, RecordedVisit] = {}
        self._size = 0

    @property
    def visits(self) -> list[RecordedVisit]:
        """Newest first, as far as was folded."""
        shown, size = list[RecordedVisit](), 0
        for known in reversed(self._kept.values()):
            cause = (known.visit.failure or UNKNOWN_ERROR)["cause"]
            size += known.size + len(cause or "")
            if shown and size > self._max_size:
                break
            shown.append(known)
        return shown

    @property
    def older(self) -> bool:
        """Whether there are more."""
        return self._dropped or len(self.visits) < len(self._kept)

    def fold(self, events: Iterable[HistoryEvent]) -> None:
        """The history's next events, in order."""
        for event in events:
            visit = move(self._tree, event).visit
            if visit is not None and visit.record.name == self._state:
                self._note(visit, event)

    def _note(self, visit: Visit, event: HistoryEvent) -> None:
        entered = event.type.endswith("StateEntered")
        if entered and (self._before is None or event.id < self._before):
            self._kept[visit] = RecordedVisit(visit, event, within(visit.lane))
        if (known := self._kept.get(visit)) is None or not belongs(visit, event):
            return
        known.event_ids.append(event.id)
        if entered:
            self._grow(known, event.details.get("input"))
        elif event.type.endswith("StateExited"):
            known.exited = event
            self._grow(known, event.details.get("output"))
        elif event.type in _STARTED:
            known.child = child_of(event) or known.child

    def _grow(self, visit: RecordedVisit, payload: str | None) -> None:
        visit.size += len(payload or "")
        self._size += len(payload or "")
        kept = self._kept
        while len(kept) > self._most or (self._size > self._max_size and len(kept) > 1):
            self._size -= kept.pop(next(iter(kept))).size
            self._dropped = True


def child_of(event: HistoryEvent) -> ExecutionId | None:
    """The execution that a task started by startExecution; None for other tasks, and where the
    answer names none, as where it was cut short."""
    if not str(event.details.get("resource")).startswith("startExecution"):
        return None
    with suppress(ValueError, TypeError, KeyError, ExecutionNotFound):
        return ExecutionId.parse(str(from_json(event.details["output"])["ExecutionArn"]))
    return None


def within(lane: Lane) -> tuple[Enclosing, ...]:
    """The Maps and Parallels around what stands on this lane, the outermost first."""
    around: list[Enclosing] = []
    while lane.parent is not None:
        record, index = lane.parent.record, lane.index
        known = index if index is not None and index >= 0 else None
        around.append(Enclosing(record.name, record.type, known))
        lane = lane.parent.lane
    return tuple(reversed(around))


def belongs(visit: Visit, event: HistoryEvent) -> bool:
    """False for an event that stands on the visit's lane and tells of something else."""
    if event.type.endswith("StateAborted"):
        return event.type.removesuffix("StateAborted") == visit.record.type
    return not event.type.startswith(_OTHERS)
