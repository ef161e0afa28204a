"""Counting the items of a Map, for each visit by its newest attempt and for the state in sum."""

from typing import TYPE_CHECKING

from service.core.models import HistoryEvent, StateStatus

from .visits import Line, Visit

if TYPE_CHECKING:
    from .tree import Tree

OUTCOMES = {
    StateStatus.SUCCEEDED: "succeeded",
    StateStatus.FAILED: "failed",
    StateStatus.ABORTED: "aborted",
}


def begin_all(tree: "Tree", visit: Visit, total: int, event: HistoryEvent) -> None:
    """A new attempt over so many items: the old one's counts no longer are."""
    for kind, count in (visit.items or {}).items():
        _count(tree, visit, kind, -count, event)
    _count(tree, visit, "total", total, event)


def begin(tree: "Tree", visit: Visit, index: int, event: HistoryEvent) -> Line:
    """The line of one iteration. A redrive may run the same item again."""
    lines = visit.lines if visit.lines is not None else {}
    old = lines.get(index)
    if old is not None:
        reopen(tree, old, event)
        tree.forget(old)
    else:
        _count(tree, visit, "running", 1, event)
    line = lines[index] = Line(visit, index)
    return line


def end(tree: "Tree", line: Line, outcome: StateStatus, event: HistoryEvent) -> None:
    """Count an iteration's end, once."""
    if line.parent is None or line.index is None or line.ended is not None:
        return
    line.ended = outcome if outcome in OUTCOMES else StateStatus.ABORTED
    _count(tree, line.parent, "running", -1, event)
    _count(tree, line.parent, OUTCOMES[line.ended], 1, event)


def release(tree: "Tree", line: Line) -> None:
    """A succeeded iteration never runs again: only its last events are remembered, as its Map's.
    (The next iteration, and the Map's end, point at them.)"""
    visit = line.parent
    if visit is None or visit.lines is None or line.index is None:
        return
    tree.hand_over(line, visit.line)
    visit.lines.pop(line.index, None)


def reopen(tree: "Tree", line: Line, event: HistoryEvent) -> None:
    """A redrive goes on in an iteration that had ended."""
    if line.ended is not None and line.parent is not None:
        _count(tree, line.parent, OUTCOMES[line.ended], -1, event)
        _count(tree, line.parent, "running", 1, event)
        line.ended = None


def _count(tree: "Tree", visit: Visit, kind: str, change: int, event: HistoryEvent) -> None:
    if not change and visit.items is not None:
        return
    for owner in (visit, visit.record):
        if owner.items is None:
            owner.items = {"total": 0, "running": 0, "succeeded": 0, "failed": 0, "aborted": 0}
        owner.items[kind] += change
    tree.touch(visit.record, event)
