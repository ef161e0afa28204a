"""An execution as its history tells it: the fold of events into states, tasks and outcome.

A history is numbered 1, 2, 3 … and only grows, so its last folded event is the cursor from which
anybody resumes. Folding costs what the new events cost, however long the history already is.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from types import MappingProxyType

from .models import HistoryEvent
from .projection.common import stay
from .projection.execution import ExecutionRecord
from .projection.facts import (
    Change,
    ExecutionFields,
    HistoryGap,
    MapItems,
    PendingTask,
    StateError,
    StateSummary,
)
from .projection.handlers import HANDLERS
from .projection.tree import Tree
from .settling import Settlement

__all__ = [
    "Change",
    "ExecutionFields",
    "HistoryGap",
    "MapItems",
    "PendingTask",
    "Projection",
    "StateError",
    "StateSummary",
]

_by_id = attrgetter("id")


class Projection:
    """What is known of one execution after the events folded so far.

    The same events give the same projection, however they are split, repeated or ordered within
    a batch. A `sparse` one takes histories with holes (CloudWatch Logs below level ALL) and
    makes the best of them; any other refuses a hole with HistoryGap.
    """

    def __init__(self, *, sparse: bool = False) -> None:
        self.cursor = 0
        self._sparse = sparse
        self._execution = ExecutionRecord()
        self._tree = Tree()
        self._states: dict[str, StateSummary] = {}
        self._stale: set[str] = set()

    @property
    def execution(self) -> ExecutionFields | None:
        """None until the first event is folded."""
        return self._execution.fields

    @property
    def states(self) -> Mapping[str, StateSummary]:
        """The states entered so far, in the order of their first entry. A view: it follows."""
        if self._stale:
            for name, record in self._tree.records.items():
                if name in self._stale:
                    self._states[name] = record.summary()
            self._stale.clear()
        return MappingProxyType(self._states)

    @property
    def tasks(self) -> tuple[PendingTask, ...]:
        """The pending tasks, by event id."""
        return tuple(self._tree.tasks.pending.values())

    @property
    def settled(self) -> Mapping[int, Settlement]:
        """What became of each task that waited, by the id of the event that scheduled it."""
        return MappingProxyType(self._tree.tasks.settled)

    def fold(self, events: Iterable[HistoryEvent]) -> Change:
        """Fold what is newer than the cursor. Raises HistoryGap, before anything changes."""
        new = self._new(events)
        tree, execution = self._tree, self._execution
        tree.touched, tree.tasks.touched, execution.touched = set(), False, set()
        for event in new:
            execution.apply(event)
            tree.place(event, HANDLERS.get(event.type, stay)(tree, event))
        if new:
            self.cursor = new[-1].id
        self._stale |= tree.touched
        return Change(
            tuple(new), frozenset(tree.touched), frozenset(execution.touched), tree.tasks.touched
        )

    def changed_since(self, event_id: int) -> Change:
        """What events after this one changed, without the events: enough to bring somebody who
        knows the projection at that cursor up to this one."""
        tree = self._tree
        return Change(
            (),
            frozenset(n for n, record in tree.records.items() if record.changed_by > event_id),
            frozenset(n for n, by in self._execution.changed_by.items() if by > event_id),
            tree.tasks.changed_by > event_id,
        )

    def _new(self, events: Iterable[HistoryEvent]) -> list[HistoryEvent]:
        last, new = self.cursor, list[HistoryEvent]()
        for event in sorted(events, key=_by_id):
            if event.id <= last:
                continue
            if event.id != last + 1 and not self._sparse:
                raise HistoryGap(last, event.id)
            new.append(event)
            last = event.id
        return new
