"""Folds an execution's history into its states, tasks and outcome. A history is numbered 1, 2, 3 …
and only grows: the last folded event is the cursor from which anybody resumes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from math import floor
from operator import attrgetter
from types import MappingProxyType

from handrail.core.definition.expected_path import ExpectedPaths
from handrail.core.models import HistoryEvent
from handrail.core.protocol.document_shapes import ItemsDocument, StateDocument

from .facts import Change, ExecutionFields, ExecutionRecord, HistoryGap, PendingTask
from .handlers import move
from .outcomes import Settlement
from .progress import fraction
from .tree import Tree


class Projection:
    """What is known of one execution after the events folded so far: the same however they are
    split, repeated or ordered within a batch. A `sparse` one takes histories with holes (CloudWatch
    Logs below level ALL); any other refuses a hole with HistoryGap."""

    def __init__(self, *, sparse: bool = False) -> None:
        self.cursor = 0
        self.last_at: datetime | None = None
        self._sparse = sparse
        self._execution = ExecutionRecord()
        self._tree = Tree()
        self._states: dict[str, StateDocument] = {}
        self._states_at = 0

    @property
    def execution(self) -> ExecutionFields | None:
        """None until the first event is folded."""
        return self._execution.fields

    @property
    def states(self) -> Mapping[str, StateDocument]:
        """The states entered so far, in the order of their first entry. A view: it follows."""
        if self._states_at != self.cursor:
            for name, record in self._tree.records.items():
                if record.changed_by > self._states_at:
                    self._states[name] = record.document()
            self._states_at = self.cursor
        return MappingProxyType(self._states)

    @property
    def tasks(self) -> tuple[PendingTask, ...]:
        return tuple(self._tree.tasks.pending.values())

    @property
    def settled(self) -> Mapping[int, Settlement]:
        """The outcome of each task that waited, by the id of the event that scheduled it."""
        return MappingProxyType(self._tree.tasks.settled)

    @property
    def transitions(self) -> int:
        """State transitions that AWS bills: each state entered, each further attempt of one (by a
        retry or a redrive), and each redrive.
        https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html"""
        return self._tree.transitions

    @property
    def starts_children(self) -> bool:
        """True if a Map ran whose items are executions of their own."""
        return any(record.map_runs for record in self._tree.records.values())

    def fraction(self, paths: ExpectedPaths | None) -> float | None:
        """How far it is, 1 at its end alone, whatever that is; a redrive goes on from where it was
        before. It never goes back else. None where the definition is unknown, or another's."""
        if self.execution is not None and self.execution.status.terminal:
            return 1.0
        found = fraction(self._tree.root, paths) if paths is not None else None
        return None if found is None else min(floor(found * 1000 + 1e-6) / 1000, 0.999)

    def fold(
        self, events: Iterable[HistoryEvent], counted: Mapping[int, ItemsDocument] | None = None
    ) -> Change:
        """Fold what is newer than the cursor; `counted` are a Map Run's items where its end's event
        is one of these. Raises HistoryGap, before anything changes."""
        before = last = self.cursor
        new = list[HistoryEvent]()
        for event in sorted(events, key=attrgetter("id")):
            if event.id <= last:
                continue
            if event.id != last + 1 and not self._sparse:
                raise HistoryGap(last, event.id)
            new.append(event)
            last = event.id
        self._tree.counted = counted or {}
        for event in new:
            self._execution.apply(event)
            move(self._tree, event)
        self.cursor = last
        if new:
            self.last_at = new[-1].at
        return replace(self.changed_since(before), events=tuple(new))

    def changed_since(self, event_id: int) -> Change:
        """Tells what later events changed, without the events themselves."""
        records, fields = self._tree.records, self._execution.changed_by
        return Change(
            states=frozenset(n for n, record in records.items() if record.changed_by > event_id),
            execution=frozenset(n for n, changed_by in fields.items() if changed_by > event_id),
            tasks=self._tree.tasks.changed_by > event_id,
        )
