"""Events of any state: entered, left, aborted, its expressions failed."""

from service.core.models import HistoryEvent, StateStatus

from .facts import StateError
from .shared import on_visit
from .tree import Tree
from .visits import BROKEN, UNKNOWN_ERROR, Lane, Visit


def entered(tree: Tree, event: HistoryEvent) -> Lane:
    name, type_ = str(event.details.get("name", "")), event.type.removesuffix("StateEntered")
    lane = _lane_to_enter(tree, event, name)
    visit = tree.enter(lane, name, type_, event)
    if type_ == "Fail":
        visit.failure = visit.record.last_error = UNKNOWN_ERROR
        tree.move(visit, StateStatus.FAILED, event)
        if lane.parent is not None and lane.parent.open:
            tree.fail_attempt(lane.parent, UNKNOWN_ERROR, event)
    return lane


@on_visit(Tree.named)
def exited(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """A visit whose newest attempt failed is left by a Catch."""
    tree.reopen(visit, event)
    caught = visit.failure is not None or _broke(tree, visit)
    tree.stop_below(visit, event, StateStatus.FAILED if caught else StateStatus.SUCCEEDED)
    if visit.is_container:
        tree.trim(visit.lane)
    tree.move(visit, StateStatus.CAUGHT if caught else StateStatus.SUCCEEDED, event)


def _named_by_evaluation(tree: Tree, event: HistoryEvent) -> Visit | None:
    """The event may point past the state's Entered event, but names the state."""
    return tree.named(event, "state") if event.details.get("state") else tree.stay(event).visit


@on_visit(_named_by_evaluation)
def evaluation_failed(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    tree.reopen(visit, event)
    tree.fail_attempt(visit, StateError.of(event), event)


def state_aborted(tree: Tree, event: HistoryEvent) -> Lane:
    """May point at the failure that caused it rather than into the state it stopped, and names
    none: taken only where the state stands right there. The rest is stopped by what failed."""
    lane = tree.stay(event)
    type_ = event.type.removesuffix("StateAborted")
    if lane.visit is not None and lane.visit.open and lane.visit.record.type == type_:
        tree.stop_below(lane.visit, event, StateStatus.ABORTED)
        tree.move(lane.visit, StateStatus.ABORTED, event)
    return lane


def _lane_to_enter(tree: Tree, event: HistoryEvent, name: str) -> Lane:
    lane = tree.lane_at(event)
    if lane is None:
        lane = _innermost(tree) if event.previous_id or tree.root.visit else tree.root
    visit = lane.visit
    if visit is None:
        return lane
    for broken in tree.visits(lane) if tree.redrives else ():
        if broken.record.name == name and tree.redrivable(broken):
            return broken.lane
    if visit.is_container and (visit.open or tree.redrivable(visit)):
        branch = visit.lanes[-event.id] = Lane(visit)
        return branch
    return lane


def _innermost(tree: Tree) -> Lane:
    """Where a state is entered that points nowhere known: in the newest open container's lane
    that has no visit yet, else on a new one."""
    visit = tree.newest(lambda v: v.is_container and v.open)
    if visit is None:
        return tree.root
    return next((lane for lane in visit.lanes.values() if lane.visit is None), visit.lane)


def _broke(tree: Tree, visit: Visit) -> bool:
    """True where something right below failed, and not only before a redrive ran it again."""
    below = [lane.visit for lane in visit.lanes.values() if lane.visit is not None]
    return any(
        v.failure is not None if v.open else v.status in BROKEN and not tree.redrivable(v)
        for v in below
    )
