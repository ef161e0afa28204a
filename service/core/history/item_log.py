"""Records the items of one Map: of an inline one each iteration, of a distributed one its Map Runs,
in whose executions the items are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from handrail.core.models import ExecutionStatus, HistoryEvent
from handrail.core.protocol.document_shapes import StateErrorDocument

from .handlers import move
from .tree import Tree
from .visit_log import Enclosing, within
from .visits import Lane, Visit


@dataclass(frozen=True, slots=True)
class MapVisit:
    """One entry into the Map, by the event `entered`."""

    entered: int
    within: tuple[Enclosing, ...]


@dataclass(eq=False, slots=True)
class RecordedItem:
    """An iteration in its newest attempt."""

    map: MapVisit
    lane: Lane
    started_at: datetime

    @property
    def index(self) -> int:
        """Negative where the history doesn't say."""
        return self.lane.index or 0

    @property
    def status(self) -> ExecutionStatus:
        ended = self.lane.ended
        return ExecutionStatus.RUNNING if ended is None else ExecutionStatus(ended.upper())

    @property
    def stopped_at(self) -> datetime | None:
        return self.lane.ended_at

    @property
    def failure(self) -> StateErrorDocument | None:
        return self.lane.failure


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A Map Run, which the event `started` began."""

    map: MapVisit
    started: int
    arn: str


@dataclass(eq=False, slots=True)
class _MapItems:
    map: MapVisit
    items: dict[int, RecordedItem] = field(default_factory=dict)
    run: RecordedRun | None = None


class ItemLog:
    """All visits to the Map `state`, each with the items of its newest attempt."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._tree = Tree()
        self._visits: dict[Visit, _MapItems] = {}

    @property
    def items(self) -> Iterator[RecordedItem]:
        """Those of the newest visit first, by index. Of items not begun yet nothing is known."""
        for visit in reversed(self._visits.values()):
            yield from sorted(visit.items.values(), key=lambda item: item.index)

    @property
    def runs(self) -> list[RecordedRun]:
        """Newest first."""
        return [visit.run for visit in reversed(self._visits.values()) if visit.run is not None]

    def fold(self, events: Iterable[HistoryEvent]) -> None:
        """The history's next events, in order."""
        for event in events:
            lane = move(self._tree, event)
            if event.type == "MapIterationStarted" and lane.parent in self._visits:
                found = self._visits[lane.parent]
                if lane.index is not None:
                    found.items[lane.index] = RecordedItem(found.map, lane, event.at)
            elif lane.visit is not None and lane.visit.record.name == self._state:
                self._note(lane.visit, event)

    def _note(self, visit: Visit, event: HistoryEvent) -> None:
        if event.type == "MapStateEntered":
            self._visits[visit] = _MapItems(MapVisit(event.id, within(visit.lane)))
        found = self._visits.get(visit)
        if found is None:
            return
        if event.type == "MapStateStarted":  # a new attempt over all items
            found.items.clear()
            found.run = None
        elif event.type == "MapRunStarted" and (arn := event.details.get("mapRunArn")):
            found.run = RecordedRun(found.map, event.id, str(arn))
