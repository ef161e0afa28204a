"""Records every visit of an execution, lean: what a timeline draws, without payloads."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from handrail.core.models import HistoryEvent, StateStatus

from .handlers import move
from .tree import Tree
from .visits import Lane, Visit


@dataclass(frozen=True, slots=True)
class TimelineVisit:
    """One visit. `around` is the event by which the Map or Parallel around it was entered, None for
    none; `index` the Map iteration it is in."""

    visit: Visit
    entered: int
    entered_at: datetime
    around: int | None
    index: int | None

    @property
    def status(self) -> StateStatus:
        return self.visit.status


class TimelineLog:
    """All visits in the order of entry, and which of them the events behind `since` changed."""

    def __init__(self, since: int = 0) -> None:
        self._tree = Tree()
        self._since = since
        self._known: dict[Visit, TimelineVisit] = {}
        self._before: dict[Visit, Hashable] | None = None

    @property
    def visits(self) -> list[TimelineVisit]:
        """Oldest first, as far as was folded."""
        return list(self._known.values())

    @property
    def changed(self) -> list[TimelineVisit]:
        """Those of `visits` that began behind `since`, or are another way than they were then."""
        before = self._before if self._before is not None else self._looks()
        return [known for visit, known in self._known.items() if before.get(visit) != _looks(visit)]

    def fold(self, events: Iterable[HistoryEvent]) -> None:
        """The history's next events, in order."""
        for event in events:
            if self._before is None and event.id > self._since:
                self._before = self._looks()
            visit = move(self._tree, event).visit
            if visit is not None and visit not in self._known:
                self._enter(visit, event)

    def _enter(self, visit: Visit, event: HistoryEvent) -> None:
        around = self._known.get(visit.lane.parent) if visit.lane.parent is not None else None
        entered = around.entered if around is not None else None
        known = TimelineVisit(visit, event.id, event.at, entered, iteration(visit.lane))
        self._known[visit] = known

    def _looks(self) -> dict[Visit, Hashable]:
        return {visit: _looks(visit) for visit in self._known}


def _looks(visit: Visit) -> Hashable:
    return visit.status, visit.closed_at, visit.attempts


def iteration(lane: Lane) -> int | None:
    """The iteration that the lane is, None for a branch and outside of Maps."""
    if lane.parent is None or lane.parent.record.type != "Map" or lane.index is None:
        return None
    return lane.index if lane.index >= 0 else None
