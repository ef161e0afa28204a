"""Events of any state: entered, left, aborted, its expressions failed."""

from service.core.models import HistoryEvent, StateStatus

from .common import error_of, named, stay
from .tree import Tree
from .visits import BROKEN, UNKNOWN_ERROR, Line, Visit


def entered(tree: Tree, event: HistoryEvent) -> Line:
    name, type_ = str(event.details.get("name", "")), event.type.removesuffix("StateEntered")
    line = _line_to_enter(tree, event, name)
    visit = tree.enter(line, name, type_, event)
    if type_ == "Fail":
        visit.failure = visit.record.last_error = UNKNOWN_ERROR
        tree.move(visit, StateStatus.FAILED, event)
        if line.parent is not None and line.parent.open:
            tree.fail_attempt(line.parent, UNKNOWN_ERROR, event)
    return line


def exited(tree: Tree, event: HistoryEvent) -> Line:
    """A visit whose newest attempt failed is left by a Catch."""
    visit = named(tree, event, event.details.get("name"))[0]
    if visit is None:
        return stay(tree, event)
    tree.reopen(visit, event)
    caught = visit.failure is not None or _broke(tree, visit)
    tree.stop_below(visit, event, StateStatus.FAILED if caught else StateStatus.SUCCEEDED)
    if visit.lines is not None:
        tree.settle(visit.line)
    tree.move(visit, StateStatus.CAUGHT if caught else StateStatus.SUCCEEDED, event)
    return visit.line


def evaluation_failed(tree: Tree, event: HistoryEvent) -> Line:
    """May point past the state's Entered event, but names the state."""
    name = event.details.get("state")
    visit = named(tree, event, name)[0] if name else stay(tree, event).visit
    if visit is None:
        return stay(tree, event)
    tree.reopen(visit, event)
    tree.fail_attempt(visit, error_of(event), event)
    return visit.line


def state_aborted(tree: Tree, event: HistoryEvent) -> Line:
    """May point at the failure that caused it rather than into the state it stopped, and names
    none: taken only where the state stands right there. The rest is stopped by what failed."""
    line = stay(tree, event)
    type_ = event.type.removesuffix("StateAborted")
    if line.visit is not None and line.visit.open and line.visit.record.type == type_:
        tree.stop_below(line.visit, event, StateStatus.ABORTED)
        tree.move(line.visit, StateStatus.ABORTED, event)
    return line


def _line_to_enter(tree: Tree, event: HistoryEvent, name: str) -> Line:
    line = tree.line_at(event)
    if line is None:
        line = _innermost(tree) if event.previous_id or tree.root.visit else tree.root
    visit = line.visit
    if visit is None:
        return line
    for broken in tree.visits(line) if tree.redrives else ():
        if broken.record.name == name and tree.redrivable(broken):
            return broken.line
    if visit.lines is None or not (visit.open or tree.redrivable(visit)):
        return line
    return _branch(visit, event)


def _branch(visit: Visit, event: HistoryEvent) -> Line:
    line = Line(visit)
    if visit.lines is not None:
        visit.lines[-event.id] = line
    return line


def _innermost(tree: Tree) -> Line:
    """Where a state is entered that points nowhere known: in the newest open container's line
    that has no visit yet, else on a new one."""
    visit = tree.newest(lambda v: v.lines is not None and v.open)
    if visit is None or visit.lines is None:
        return tree.root
    empty = next((line for line in visit.lines.values() if line.visit is None), None)
    return empty or visit.line


def _broke(tree: Tree, visit: Visit) -> bool:
    """Whether something right below failed, and not only before a redrive ran it again."""
    below = [line.visit for line in (visit.lines or {}).values() if line.visit is not None]
    return any(
        v.failure is not None if v.open else v.status in BROKEN and not tree.redrivable(v)
        for v in below
    )
