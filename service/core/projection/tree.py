"""The tree of visits an execution stands in, and the moves events make in it.

Which visit an event belongs to is told by its previousEventId, never by its place in the list:
branches and iterations interleave. So the tree remembers on which line each event stood that a
later one may still point at: those of the visit a line is in and the two before it, for an
iteration that succeeded its last two, and everything below a visit that isn't over (a redrive
continues from the events of the visits that broke). The rest is let go, so that a long history
costs no more than what is open.
"""

from collections.abc import Callable, Iterator

from service.core.models import HistoryEvent, StateStatus

from . import items
from .facts import StateError
from .tasks import Tasks
from .visits import BROKEN, UNKNOWN_ERROR, UNSUCCESSFUL, Line, Record, Visit

_KEPT = 2


class Tree:
    """Lines with their visits, records by state name, and pending tasks."""

    def __init__(self) -> None:
        self.root = Line()
        self.records: dict[str, Record] = {}
        self.tasks = Tasks()
        self.touched: set[str] = set()
        self.redrives = 0
        self._lines: dict[int, Line] = {}

    # Where events stand

    def line_at(self, event: HistoryEvent) -> Line | None:
        """The line the event's predecessor stood on, None where it is unknown."""
        return self._lines.get(event.previous_id)

    def place(self, event: HistoryEvent, line: Line) -> None:
        """Let later events find this line by pointing at this event."""
        self._lines[event.id] = line
        line.ids.append(event.id)

    def settle(self, line: Line, *, keep: int = _KEPT) -> None:
        """The visit on the line is over: only its last events may still be pointed at."""
        if line.visit is not None and line.visit.lines:
            self.forget_below(line.visit)
        cut = max(len(line.ids) - keep, 0)
        for event_id in line.ids[:cut]:
            self._lines.pop(event_id, None)
        del line.ids[:cut]

    def forget(self, line: Line) -> None:
        """Let go of a line and of all below it."""
        self.settle(line, keep=0)
        line.visit = None

    def forget_below(self, visit: Visit) -> None:
        """Let go of what a Parallel or Map held: it is over, or starts afresh."""
        for line in (visit.lines or {}).values():
            self.forget(line)
        if visit.lines:
            visit.lines = {}

    def hand_over(self, line: Line, to: Line) -> None:
        """Let go of a line, but for its last events: who points at them now means another."""
        self.settle(line)
        for event_id in line.ids:
            self._lines[event_id] = to
        to.ids.extend(line.ids)
        line.visit = None

    def climb(
        self, event: HistoryEvent, matches: Callable[[Visit], bool]
    ) -> tuple[Visit | None, list[Line]]:
        """The nearest matching visit at or above the predecessor, and the lines below it that
        led there. Where the chain doesn't tell: the newest match anywhere, and no lines."""
        below: list[Line] = []
        for line in self.upwards(self.line_at(event)):
            if line.visit is not None and matches(line.visit):
                return line.visit, below
            below.append(line)
        return self.newest(matches), []

    def upwards(self, line: Line | None) -> Iterator[Line]:
        """The line and all around it, innermost first."""
        while line is not None:
            yield line
            line = line.above

    def newest(self, matches: Callable[[Visit], bool]) -> Visit | None:
        return next((v for v in reversed(list(self.visits())) if matches(v)), None)

    def visits(self, line: Line | None = None) -> Iterator[Visit]:
        """Every visit that stands somewhere, outer ones first."""
        visit = (line or self.root).visit
        if visit is not None:
            yield visit
            for below in (visit.lines or {}).values():
                yield from self.visits(below)

    def redrivable(self, visit: Visit) -> bool:
        """Whether the visit broke before the last redrive, which may thus run it again."""
        return visit.status in UNSUCCESSFUL and visit.redrive < self.redrives

    # Moves

    def enter(self, line: Line, name: str, type_: str, event: HistoryEvent) -> Visit:
        """A new visit on the line; what stood there is over."""
        if line.visit is not None:
            self.end(line, event, StateStatus.SUCCEEDED)
            self.settle(line)
        items.reopen(self, line, event)
        self.reopen(line.parent, event)
        record = self.records.get(name)
        if record is None:
            record = self.records[name] = Record(name, type_, event)
        status = StateStatus.WAITING if type_ == "Wait" else StateStatus.RUNNING
        visit = line.visit = Visit(record, line, status)
        record.entered += 1
        record.counts[status] += 1
        self.touch(record, event)
        return visit

    def move(self, visit: Visit, status: StateStatus, event: HistoryEvent) -> None:
        """Put the visit into a status. A visit stopped for another's failure (ABORTED) doesn't
        hide that the same state failed elsewhere."""
        if visit.task_id and status is not StateStatus.WAITING:
            self.tasks.drop(visit, event)
        if status is visit.status:
            return
        record = visit.record
        record.counts[visit.status] -= 1
        record.counts[status] += 1
        visit.status = status
        if not visit.open:
            visit.redrive = self.redrives
            if status is not StateStatus.ABORTED or record.outcome not in BROKEN:
                record.outcome = status
        self.touch(record, event)

    def begin_attempt(self, visit: Visit, event: HistoryEvent) -> None:
        """The visit runs: for the first time, again after a failed attempt, or by a redrive."""
        if self.redrivable(visit):
            self.reopen(visit, event)
        elif visit.attempted or visit.failure:
            visit.record.retries += 1
            self.touch(visit.record, event)
        visit.attempted = True
        visit.failure = None
        visit.timed_out = False
        self.move(visit, StateStatus.RUNNING, event)

    def fail_attempt(
        self, visit: Visit, error: StateError, event: HistoryEvent, *, timed_out: bool = False
    ) -> None:
        """An attempt failed. Unless a Catch or nobody takes it, it is retried."""
        visit.failure = visit.record.last_error = error
        visit.timed_out = timed_out
        self.touch(visit.record, event)
        if visit.open:
            self.move(visit, StateStatus.RETRYING, event)

    def fail_lines(
        self, lines: list[Line], event: HistoryEvent, error: StateError | None = None
    ) -> StateError:
        """The visits on these lines, innermost first, broke each other; answer the error."""
        for line in lines:
            visit = line.visit
            if visit is None:
                continue
            if visit.open or visit.status is StateStatus.ABORTED:
                if visit.failure is None:
                    visit.failure = visit.record.last_error = error or UNKNOWN_ERROR
                self.stop_below(visit, event, StateStatus.FAILED)
                self.move(visit, visit.outcome(StateStatus.FAILED), event)
            if visit.status in BROKEN:
                error = visit.failure
        return error or UNKNOWN_ERROR

    def stop_below(self, visit: Visit, event: HistoryEvent, of: StateStatus) -> None:
        for line in (visit.lines or {}).values():
            self.end(line, event, of)

    def end(self, line: Line, event: HistoryEvent, of: StateStatus) -> None:
        """Close whatever is still open on a line, because what is around it ended as `of`."""
        visit = line.visit
        if visit is not None:
            self.stop_below(visit, event, of)
            if visit.open:
                self.move(visit, visit.outcome(of), event)
        if line.index is not None and line.ended is None:
            items.end(self, line, _item_outcome(visit, of), event)

    def reopen(self, visit: Visit | None, event: HistoryEvent) -> None:
        """A redrive runs something in a closed visit again: it and all around it are open."""
        if visit is None or not self.redrivable(visit):
            return
        visit.attempted = True
        visit.failure = None
        visit.timed_out = False
        self.move(visit, StateStatus.RUNNING, event)
        items.reopen(self, visit.line, event)
        self.reopen(visit.line.parent, event)

    def touch(self, record: Record, event: HistoryEvent) -> None:
        record.changed_by = event.id
        record.last_changed = event.at
        self.touched.add(record.name)


def _item_outcome(visit: Visit | None, of: StateStatus) -> StateStatus:
    if of is not StateStatus.FAILED:
        return of
    broken = visit is not None and visit.status in BROKEN
    return StateStatus.FAILED if broken else StateStatus.ABORTED
