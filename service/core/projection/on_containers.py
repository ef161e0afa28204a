"""Events of Parallel and Map: attempts, iterations, and the Map Runs of distributed Maps."""

from service.core.models import HistoryEvent, StateStatus

from . import items
from .common import error_of, named, stay
from .tasks import number
from .tree import Tree
from .visits import UNKNOWN_ERROR, Line, Visit


def container_started(tree: Tree, event: HistoryEvent) -> Line:
    """The first attempt, a retry (no other event tells that the last one failed), or a redrive
    from the start."""
    visit, below = _container(tree, event, starting=True)
    if visit is None:
        return stay(tree, event)
    if visit.open and visit.lines:
        visit.record.last_error = tree.fail_lines(below, event, visit.failure)
        tree.stop_below(visit, event, StateStatus.FAILED)
        tree.forget_below(visit)
    tree.begin_attempt(visit, event)
    if event.type == "MapStateStarted":
        tree.forget_below(visit)
        items.begin_all(tree, visit, number(event.details.get("length")) or 0, event)
    return visit.line


def container_succeeded(tree: Tree, event: HistoryEvent) -> Line:
    visit = _container(tree, event)[0]
    if visit is None:
        return stay(tree, event)
    visit.failure = None
    tree.move(visit, StateStatus.RUNNING, event)
    return visit.line


def container_failed(tree: Tree, event: HistoryEvent) -> Line:
    """Nobody retries it any more; a Catch may still take it."""
    visit, below = _container(tree, event)
    if visit is None:
        return stay(tree, event)
    error = tree.fail_lines(below, event)
    tree.stop_below(visit, event, StateStatus.FAILED)
    if visit.failure is None or error != UNKNOWN_ERROR:
        tree.fail_attempt(visit, error, event)
    tree.move(visit, StateStatus.FAILED, event)
    return visit.line


def _container(
    tree: Tree, event: HistoryEvent, *, starting: bool = False
) -> tuple[Visit | None, list[Line]]:
    type_ = "Parallel" if event.type.startswith("Parallel") else "Map"

    def matches(visit: Visit) -> bool:
        if visit.record.type != type_:
            return False
        return visit.open or (starting and tree.redrivable(visit))

    return tree.climb(event, matches)


# Iterations of an inline Map


def iteration_started(tree: Tree, event: HistoryEvent) -> Line:
    """Points at the Map's start or at the last event of an iteration that made room."""
    visit = named(tree, event, event.details.get("name"))[0]
    if visit is None or visit.lines is None:
        return stay(tree, event)
    tree.reopen(visit, event)
    index = number(event.details.get("index"))
    return items.begin(tree, visit, -event.id if index is None else index, event)


def iteration_succeeded(tree: Tree, event: HistoryEvent) -> Line:
    line, _ = _iteration(tree, event)
    if line is None or line.above is None:
        return stay(tree, event)
    tree.end(line, event, StateStatus.SUCCEEDED)
    items.release(tree, line)
    return line.above


def iteration_failed(tree: Tree, event: HistoryEvent) -> Line:
    """A broken iteration breaks its Map, which may be retried without another word."""
    line, below = _iteration(tree, event)
    if line is None or line.parent is None:
        return stay(tree, event)
    error = tree.fail_lines(below, event)
    items.end(tree, line, StateStatus.FAILED, event)
    tree.end(line, event, StateStatus.FAILED)
    if line.parent.open:
        tree.fail_attempt(line.parent, error, event)
    return line


def iteration_aborted(tree: Tree, event: HistoryEvent) -> Line:
    line, _ = _iteration(tree, event)
    if line is None:
        return stay(tree, event)
    tree.end(line, event, StateStatus.ABORTED)
    return line


def _iteration(tree: Tree, event: HistoryEvent) -> tuple[Line | None, list[Line]]:
    """The iteration the event names, and the lines from its predecessor up to it."""
    visit, below = named(tree, event, event.details.get("name"))
    index = number(event.details.get("index"))
    line = below[-1] if below else None
    if index is not None and visit is not None and visit.lines is not None:
        line = visit.lines.get(index)
    if line is None or (below and below[-1] is line):
        return line, below
    return line, [line]


def map_run_started(tree: Tree, event: HistoryEvent) -> Line:
    visit = _container(tree, event, starting=True)[0]
    if visit is None:
        return stay(tree, event)
    if not visit.open or visit.failure is not None:
        tree.begin_attempt(visit, event)
    return visit.line


def map_run_failed(tree: Tree, event: HistoryEvent) -> Line:
    visit = _container(tree, event)[0]
    if visit is None:
        return stay(tree, event)
    tree.fail_attempt(visit, error_of(event), event)
    return visit.line
