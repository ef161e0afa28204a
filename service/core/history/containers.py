"""Handles the events of Parallel and Map: attempts, iterations, and Map Runs."""

from functools import partial
from typing import cast

from handrail.core.models import HistoryEvent, StateStatus
from handrail.core.protocol.document_shapes import ItemsDocument

from .tree import EventHandler, Tree, on_visit
from .visits import UNKNOWN_ERROR, Lane, Visit, number


def _container(tree: Tree, event: HistoryEvent, *, starting: bool = False) -> Visit | None:
    type_ = "Parallel" if event.type.startswith("Parallel") else "Map"
    return tree.find(
        event,
        lambda visit: (
            visit.record.type == type_ and (visit.open or (starting and tree.redrivable(visit)))
        ),
    )


@on_visit(partial(_container, starting=True))
def container_started(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """The first attempt, a retry (nothing else tells that the last one failed), or a redrive."""
    visit.keep()
    if visit.open and visit.lanes:
        below = tree.below(visit, event)
        visit.record.last_error = tree.fail_lanes(below, event, visit.failure)
        tree.stop_below(visit, event, StateStatus.FAILED)
        tree.forget_below(visit)
    tree.begin_attempt(visit, event)
    if event.type == "MapStateStarted":
        tree.forget_below(visit)
        tree.begin_items(visit, number(event.details.get("length")) or 0, event)


@on_visit(_container)
def container_failed(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """Nobody retries it any more; a Catch may still take it."""
    error = tree.fail_lanes(tree.below(visit, event), event)
    tree.stop_below(visit, event, StateStatus.FAILED)
    if visit.failure is None or error != UNKNOWN_ERROR:
        tree.fail_attempt(visit, event, error)
    tree.move(visit, StateStatus.FAILED, event)


@on_visit(partial(_container, starting=True))
def map_run_started(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """Its items are executions of their own. A length of 0 also stands for one not known."""
    if not visit.open or visit.failure is not None:
        tree.begin_attempt(visit, event)
    unknown: dict[str, int | None] = dict.fromkeys(ItemsDocument.__annotations__)
    unknown["total"] = (visit.items or {}).get("total") or None
    visit.record.map_runs[visit] = cast(ItemsDocument, unknown)
    tree.touch(visit.record, event)


def map_run_ended(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """By what was `counted` for this event, if it was."""
    if visit in visit.record.map_runs and (counts := tree.counted.get(event.id)) is not None:
        visit.record.map_runs[visit] = counts
        tree.touch(visit.record, event)


@on_visit(_container)
def map_run_failed(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    tree.fail_attempt(visit, event)
    map_run_ended(tree, visit, event)


def _map_with_run(tree: Tree, event: HistoryEvent) -> Visit | None:
    return tree.find(event, lambda visit: visit in visit.record.map_runs)


def iteration_started(tree: Tree, event: HistoryEvent) -> Lane:
    """Points at the Map's start or at the last event of an iteration that made room."""
    visit = tree.named(event)
    if visit is None or not visit.is_container:
        return tree.stay(event)
    tree.reopen(visit, event)
    index = number(event.details.get("index"))
    return tree.begin_item(visit, -event.id if index is None else index, event)


def iteration_ended(tree: Tree, event: HistoryEvent) -> Lane:
    """A broken iteration breaks its Map, which may be retried without another event."""
    visit, index, lane = tree.named(event), number(event.details.get("index")), None
    if visit is not None and visit.is_container and index is not None:
        lane = visit.lanes.get(index)
    elif visit is not None:  # the one that the predecessor stood in
        lane = next(reversed(tree.below(visit, event)), None)
    if lane is None or lane.parent is None:
        return tree.stay(event)
    outcome, error = StateStatus(event.type.removeprefix("MapIteration").upper()), None
    if outcome is StateStatus.FAILED:
        below = tree.below(lane.parent, event)
        error = tree.fail_lanes(below if lane in below else [lane], event)
        tree.end_item(lane, outcome, event)
    tree.end(lane, event, outcome)
    if error is not None and lane.parent.open:
        tree.fail_attempt(lane.parent, event, error)
    if outcome is StateStatus.SUCCEEDED:
        tree.release(lane, lane.parent)
        return lane.parent.lane
    return lane


HANDLERS: dict[str, EventHandler] = {
    "MapStateStarted": container_started,
    "MapStateSucceeded": on_visit(_container)(Tree.succeed_attempt),
    "MapStateFailed": container_failed,
    "ParallelStateStarted": container_started,
    "ParallelStateSucceeded": on_visit(_container)(Tree.succeed_attempt),
    "ParallelStateFailed": container_failed,
    "MapIterationStarted": iteration_started,
    "MapIterationSucceeded": iteration_ended,
    "MapIterationFailed": iteration_ended,
    "MapIterationAborted": iteration_ended,
    "MapRunStarted": map_run_started,
    "MapRunRedriven": map_run_started,
    "MapRunSucceeded": on_visit(_map_with_run)(map_run_ended),
    "MapRunFailed": map_run_failed,
    "MapRunAborted": on_visit(_map_with_run)(map_run_ended),
}
