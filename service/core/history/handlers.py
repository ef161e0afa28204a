"""Handles history events: moves the tree of visits by each, and answers the lane it stands on.

The types are those of
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html; one that has
no handler here stands where its predecessor stood and changes nothing.
"""

from functools import partial

from handrail.core.models import HistoryEvent, StateStatus

from . import containers
from .facts import OUTCOMES
from .tree import EventHandler, Tree, on_visit
from .visits import BROKEN, UNKNOWN_ERROR, Lane, Visit, error_of


def execution_ended(tree: Tree, event: HistoryEvent) -> Lane:
    """Nothing stays open. A failure breaks what it points at and all around that."""
    outcome = StateStatus(OUTCOMES[event.type])
    stopped = [visit for visit in tree.visits() if visit.open]
    if outcome is StateStatus.FAILED:
        error = error_of(event)
        tree.fail_lanes(list(tree.upwards(tree.stay(event))), event, error)
        for visit in tree.visits():  # a Fail state doesn't say its error; the execution does
            if visit.failure == UNKNOWN_ERROR and visit.redrive == tree.redrives:
                visit.failure = visit.record.last_error = error
                tree.touch(visit.record, event)
    tree.end(tree.root, event, outcome)
    if outcome in {StateStatus.ABORTED, StateStatus.TIMED_OUT}:
        for visit in stopped:
            visit.record.outcome = outcome
    return tree.root


def execution_redriven(tree: Tree, event: HistoryEvent) -> Lane:
    """Broken states may run again; each state does so by an event of its own."""
    tree.redrives += 1
    tree.transitions += 1
    return tree.root


def entered(tree: Tree, event: HistoryEvent) -> Lane:
    name, type_ = str(event.details.get("name", "")), event.type.removesuffix("StateEntered")
    lane = _lane_to_enter(tree, event, name)
    visit = tree.enter(lane, name, type_, event)
    if type_ == "Fail":
        visit.failure = visit.record.last_error = UNKNOWN_ERROR
        tree.move(visit, StateStatus.FAILED, event)
        if lane.parent is not None and lane.parent.open:
            tree.fail_attempt(lane.parent, event, UNKNOWN_ERROR)
    return lane


def _lane_to_enter(tree: Tree, event: HistoryEvent, name: str) -> Lane:
    lane = tree.lane_at(event)
    if lane is None:  # in the newest open container's lane that has no visit yet, else on a new one
        above = tree.newest(lambda visit: visit.is_container and visit.open)
        if above is None or not (event.previous_id or tree.root.visit):
            lane = tree.root
        else:
            lane = next((lane for lane in above.lanes.values() if lane.visit is None), above.lane)
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


@on_visit(Tree.named)
def exited(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """A visit whose newest attempt failed is left by a Catch, as is one below which something
    failed, and not only before a redrive ran it again."""
    tree.reopen(visit, event)
    below = [lane.visit for lane in visit.lanes.values() if lane.visit is not None]
    caught = visit.failure is not None or any(
        v.failure is not None if v.open else v.status in BROKEN and not tree.redrivable(v)
        for v in below
    )
    tree.stop_below(visit, event, StateStatus.FAILED if caught else StateStatus.SUCCEEDED)
    if visit.is_container:
        tree.trim(visit.lane)
    tree.move(visit, StateStatus.CAUGHT if caught else StateStatus.SUCCEEDED, event)


def evaluation_failed(tree: Tree, event: HistoryEvent) -> Lane:
    """May point past the state's Entered event, but names the state."""
    lane = tree.stay(event)
    if visit := tree.named(event, "state") if event.details.get("state") else lane.visit:
        tree.reopen(visit, event)
        tree.fail_attempt(visit, event)
    return visit.lane if visit else lane


def state_aborted(tree: Tree, event: HistoryEvent) -> Lane:
    """May point at the failure that caused it rather than into the state it stopped, and names
    none: taken only where the state stands right there. The rest is stopped by what failed."""
    lane = tree.stay(event)
    type_ = event.type.removesuffix("StateAborted")
    if lane.visit is not None and lane.visit.open and lane.visit.record.type == type_:
        tree.stop_below(lane.visit, event, StateStatus.ABORTED)
        tree.move(lane.visit, StateStatus.ABORTED, event)
    return lane


def _task(tree: Tree, event: HistoryEvent, *, starting: bool = False) -> Visit | None:
    lane = tree.lane_at(event)
    if lane is not None and lane.visit is not None and lane.visit.record.type == "Task":
        return lane.visit
    tasks = [visit for visit in tree.visits() if visit.record.type == "Task"]
    redriven = next(filter(tree.redrivable, tasks), None) if starting else None
    return redriven or next((visit for visit in reversed(tasks) if visit.open), None)


@on_visit(partial(_task, starting=True))
def task_scheduled(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    tree.begin_attempt(visit, event)
    resource = str(event.details.get("resource", ""))
    if resource.endswith(".waitForTaskToken"):
        resource = f"{event.details.get('resourceType', '')}:{resource}"
    elif event.type == "ActivityScheduled":
        resource = f"activity:{resource.rpartition(':')[2]}"
    else:
        return
    tree.tasks.add(visit, resource, event)
    tree.move(visit, StateStatus.WAITING, event)


@on_visit(partial(_task, starting=True))
def schedule_failed(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """Comes instead of a Scheduled event: an attempt of its own."""
    tree.begin_attempt(visit, event)
    tree.fail_attempt(visit, event)


_STATES: dict[str, EventHandler] = {"Entered": entered, "Exited": exited, "Aborted": state_aborted}
_task_failed = on_visit(_task)(Tree.fail_attempt)
_ATTEMPTS: dict[str, EventHandler] = {
    "Scheduled": task_scheduled,
    "ScheduleFailed": schedule_failed,
    "StartFailed": _task_failed,
    "SubmitFailed": _task_failed,
    "Succeeded": on_visit(_task)(Tree.succeed_attempt),
    "Failed": _task_failed,
    "TimedOut": _task_failed,
}
HANDLERS: dict[str, EventHandler] = {
    **{
        f"{type_}State{verb}": handler
        for type_ in ("Task", "Pass", "Map", "Parallel", "Choice", "Wait", "Succeed", "Fail")
        for verb, handler in _STATES.items()
    },
    **{
        f"{kind}{verb}": handler
        for kind in ("Task", "LambdaFunction", "Activity")
        for verb, handler in _ATTEMPTS.items()
    },
    **containers.HANDLERS,
    **dict.fromkeys(OUTCOMES, execution_ended),
    "EvaluationFailed": evaluation_failed,
    "ExecutionRedriven": execution_redriven,
}


def move(tree: Tree, event: HistoryEvent) -> Lane:
    """Move the tree by this event, the next one, and answer the lane on which it stands."""
    lane = HANDLERS.get(event.type, Tree.stay)(tree, event)
    tree.attach(event, lane)
    return lane
