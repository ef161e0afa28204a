"""Holds the tree of visits an execution stands in, and moves it.

An event's visit is told by its previousEventId alone: branches and iterations interleave. So the
tree remembers the lane of each event that a later one may still point at: those of the visit a lane
is in and the two before it, for an iteration that succeeded its last two, and everything below a
visit that isn't over (a redrive continues there). A long history costs no more than what is open.
"""

from collections.abc import Callable, Iterator, Mapping

from handrail.core.models import HistoryEvent, StateStatus
from handrail.core.protocol.document_shapes import ItemsDocument, StateErrorDocument

from .visits import BROKEN, UNKNOWN_ERROR, Lane, PendingTasks, StateRecord, Visit, error_of


class Tree:
    def __init__(self) -> None:
        self.root = Lane()
        self.records: dict[str, StateRecord] = {}
        self.tasks = PendingTasks()
        self.redrives = 0
        self.transitions = 0  # that AWS bills
        self.counted: Mapping[int, ItemsDocument] = {}
        self._lanes: dict[int, Lane] = {}

    def lane_at(self, event: HistoryEvent) -> Lane | None:
        return self._lanes.get(event.previous_id)

    def stay(self, event: HistoryEvent) -> Lane:
        """Nothing moves: the event stands where its predecessor stood."""
        return self._lanes.get(event.previous_id) or self.root

    def attach(self, event: HistoryEvent, lane: Lane) -> None:
        self._lanes[event.id] = lane
        lane.ids.append(event.id)

    def trim(self, lane: Lane, *, keep: int = 2) -> None:
        """The visit on the lane is over: only its last events may still be pointed at."""
        if lane.visit is not None and lane.visit.lanes:
            self.forget_below(lane.visit)
        cut = max(len(lane.ids) - keep, 0)
        for event_id in lane.ids[:cut]:
            self._lanes.pop(event_id, None)
        del lane.ids[:cut]

    def forget_below(self, visit: Visit) -> None:
        """A Parallel or Map is over, or starts afresh."""
        for lane in visit.lanes.values():
            self._forget(lane)
        visit.lanes.clear()

    def _forget(self, lane: Lane) -> None:
        self.trim(lane, keep=0)
        lane.visit = None

    def release(self, lane: Lane, visit: Visit) -> None:
        """A succeeded iteration never runs again: only its last events are remembered, as its
        Map's. (The next iteration, and the Map's end, point at them.)"""
        if lane.index is None:
            return
        self.trim(lane)
        self._lanes.update(dict.fromkeys(lane.ids, visit.lane))
        visit.lane.ids.extend(lane.ids)
        lane.visit = None
        visit.lanes.pop(lane.index, None)

    def find(self, event: HistoryEvent, matches: Callable[[Visit], bool]) -> Visit | None:
        """The nearest match at or above the predecessor, else the newest anywhere."""
        for lane in self.upwards(self.lane_at(event)):
            if lane.visit is not None and matches(lane.visit):
                return lane.visit
        return self.newest(matches)

    def named(self, event: HistoryEvent, key: str = "name") -> Visit | None:
        """The visit of the state that the event names under this key."""
        name = event.details.get(key)
        return self.find(event, lambda visit: visit.record.name == name)

    def below(self, visit: Visit, event: HistoryEvent) -> list[Lane]:
        """The lanes from the predecessor's up to the one below the visit, if they lead there."""
        above = list(self.upwards(self.lane_at(event)))
        depth = next((n for n, lane in enumerate(above) if lane.visit is visit), 0)
        return above[:depth]

    def upwards(self, lane: Lane | None) -> Iterator[Lane]:
        """The lane and all around it, innermost first."""
        while lane is not None:
            yield lane
            lane = lane.parent.lane if lane.parent else None

    def newest(self, matches: Callable[[Visit], bool]) -> Visit | None:
        return next((v for v in reversed(list(self.visits())) if matches(v)), None)

    def visits(self, lane: Lane | None = None) -> Iterator[Visit]:
        """On this lane (the root where none is given) and below, outer ones first."""
        visit = (lane or self.root).visit
        if visit is not None:
            yield visit
            for below in visit.lanes.values():
                yield from self.visits(below)

    def redrivable(self, visit: Visit) -> bool:
        """True where the visit broke before the last redrive, which may thus run it again."""
        return visit.redrive < self.redrives and visit.status in {*BROKEN, StateStatus.ABORTED}

    def enter(self, lane: Lane, name: str, type_: str, event: HistoryEvent) -> Visit:
        """Begin a visit on the lane; what stood there is over. A redrive that enters a broken state
        again comes from nowhere."""
        before = lane.visit
        source: tuple[str | None, bool] = (None, False)
        again = before is not None and before.record.name == name and self.redrivable(before)
        past = before.keep() if before is not None and again else None
        if before is not None:
            if not again:
                lane.leave(before.record.name, name)
            self.end(lane, event, StateStatus.SUCCEEDED)
            self.trim(lane)
            source = (before.record.name, before.status is StateStatus.CAUGHT)
        self._reopen_item(lane, event)
        self.reopen(lane.parent, event)
        record = self.records.get(name)
        if record is None:
            record = self.records[name] = StateRecord(name, type_, event.at, event.at, event.id)
        status = StateStatus.WAITING if type_ == "Wait" else StateStatus.RUNNING
        visit = lane.visit = Visit(record, lane, status, past=past)
        self.transitions += 1
        record.entered += 1
        if not again:
            record.sources[source] = record.sources.get(source, 0) + 1
        record.counts[status] += 1
        self.touch(record, event)
        return visit

    def move(self, visit: Visit, status: StateStatus, event: HistoryEvent) -> None:
        """A visit stopped for another's failure (ABORTED) doesn't hide that its state failed."""
        if visit.task_id and status is not StateStatus.WAITING:
            self.tasks.drop(visit, event)
        if status is visit.status:
            return
        record = visit.record
        record.counts[visit.status] -= 1
        record.counts[status] += 1
        visit.status = status
        visit.closed_at = None if visit.open else event.at
        if not visit.open:
            visit.redrive = self.redrives
            if status is not StateStatus.ABORTED or record.outcome not in BROKEN:
                record.outcome = status
        self.touch(record, event)

    def begin_attempt(self, visit: Visit, event: HistoryEvent) -> None:
        """The visit runs: for the first time, again after a failed attempt, or by a redrive."""
        redriven = self.redrivable(visit)
        if redriven or visit.attempted or visit.failure:
            visit.attempts += 1
            self.transitions += 1
            visit.record.retries += not redriven
            self.touch(visit.record, event)
        if redriven:
            self.reopen(visit, event)
        self._run(visit, event)

    def reopen(self, visit: Visit | None, event: HistoryEvent) -> None:
        """A redrive runs something in a closed visit again: it and all around it are open."""
        if visit is not None and self.redrivable(visit):
            self._run(visit, event)
            self._reopen_item(visit.lane, event)
            self.reopen(visit.lane.parent, event)

    def _run(self, visit: Visit, event: HistoryEvent) -> None:
        visit.attempted, visit.failure, visit.timed_out = True, None, False
        self.move(visit, StateStatus.RUNNING, event)

    def succeed_attempt(self, visit: Visit, event: HistoryEvent) -> None:
        visit.failure = None
        if visit.open:
            self.move(visit, StateStatus.RUNNING, event)

    def fail_attempt(
        self, visit: Visit, event: HistoryEvent, error: StateErrorDocument | None = None
    ) -> None:
        """By the event's error where none is given. Unless a Catch or nobody takes it, it is
        retried."""
        visit.failure = visit.record.last_error = error or error_of(event)
        visit.timed_out = event.type.endswith("TimedOut")
        self.touch(visit.record, event)
        if visit.open:
            self.move(visit, StateStatus.RETRYING, event)

    def fail_lanes(
        self, lanes: list[Lane], event: HistoryEvent, error: StateErrorDocument | None = None
    ) -> StateErrorDocument:
        """The visits on these lanes, innermost first, broke each other; answer the error."""
        for visit in (lane.visit for lane in lanes if lane.visit is not None):
            if visit.open or visit.status is StateStatus.ABORTED:
                if visit.failure is None:
                    visit.failure = visit.record.last_error = error or UNKNOWN_ERROR
                self.stop_below(visit, event, StateStatus.FAILED)
                self.move(visit, visit.outcome(StateStatus.FAILED), event)
            if visit.status in BROKEN:
                error = visit.failure
        return error or UNKNOWN_ERROR

    def stop_below(self, visit: Visit, event: HistoryEvent, of: StateStatus) -> None:
        for lane in visit.lanes.values():
            self.end(lane, event, of)

    def end(self, lane: Lane, event: HistoryEvent, of: StateStatus) -> None:
        """Close whatever is still open on a lane, because what is around it ended as `of`."""
        visit = lane.visit
        if visit is not None:
            self.stop_below(visit, event, of)
            if visit.open:
                self.move(visit, visit.outcome(of), event)
        if of is StateStatus.FAILED and (visit is None or visit.status not in BROKEN):
            of = StateStatus.ABORTED
        self.end_item(lane, of, event)

    def touch(self, record: StateRecord, event: HistoryEvent) -> None:
        record.changed_by, record.last_changed = event.id, event.at

    def begin_items(self, visit: Visit, total: int, event: HistoryEvent) -> None:
        """A new attempt over so many items: the counts of the old one no longer hold."""
        for kind, count in (visit.items or {}).items():
            self._count(visit, kind, -count, event)
        self._count(visit, "total", total, event)

    def begin_item(self, visit: Visit, index: int, event: HistoryEvent) -> Lane:
        """The lane of one iteration. A redrive may run the same item again."""
        old = visit.lanes.get(index)
        if old is not None:
            visit.keep()
            self._reopen_item(old, event)
            self._forget(old)
        else:
            self._count(visit, "running", 1, event)
        lane = visit.lanes[index] = Lane(visit, index)
        return lane

    def end_item(self, lane: Lane, outcome: StateStatus, event: HistoryEvent) -> None:
        """Count an iteration's end, once."""
        if lane.parent is not None and lane.index is not None and lane.ended is None:
            lane.ended = "aborted" if outcome is StateStatus.TIMED_OUT else outcome.value.lower()
            lane.ended_at = event.at
            if lane.ended == "failed" and lane.visit is not None:
                lane.failure = lane.visit.failure
            self._count(lane.parent, "running", -1, event)
            self._count(lane.parent, lane.ended, 1, event)

    def _reopen_item(self, lane: Lane, event: HistoryEvent) -> None:
        if lane.ended is not None and lane.parent is not None:
            self._count(lane.parent, lane.ended, -1, event)
            self._count(lane.parent, "running", 1, event)
            lane.ended = lane.ended_at = lane.failure = None

    def _count(self, visit: Visit, kind: str, change: int, event: HistoryEvent) -> None:
        """For the visit by its newest attempts, and for the state in sum."""
        if not change and visit.items is not None:
            return
        for counted in (visit, visit.record):
            if counted.items is None:
                counted.items = dict.fromkeys(ItemsDocument.__annotations__, 0)
            counted.items[kind] += change
        self.touch(visit.record, event)


EventHandler = Callable[[Tree, HistoryEvent], Lane]
"""Makes an event's moves and answers the lane on which the event stands."""

Find = Callable[[Tree, HistoryEvent], Visit | None]
Act = Callable[[Tree, Visit, HistoryEvent], None]


def on_visit(find: Find) -> Callable[[Act], EventHandler]:
    """The event stands where the visit does that `find` answers; without one, nothing moves."""

    def decorated(act: Act) -> EventHandler:
        def handle(tree: Tree, event: HistoryEvent) -> Lane:
            visit = find(tree, event)
            if visit is None:
                return tree.stay(event)
            act(tree, visit, event)
            return visit.lane

        return handle

    return decorated
