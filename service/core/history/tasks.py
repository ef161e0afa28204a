"""Events of a Task's attempts: Task* (integrations), LambdaFunction* and Activity*."""

from functools import partial

from service.core.models import HistoryEvent, StateStatus

from .facts import StateError
from .shared import on_visit
from .tree import Tree
from .visits import Visit

CALLBACK = ".waitForTaskToken"


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
    if resource.endswith(CALLBACK):
        resource = f"{event.details.get('resourceType', '')}:{resource}"
    elif event.type == "ActivityScheduled":
        resource = f"activity:{resource.rpartition(':')[2]}"
    else:
        return
    tree.tasks.add(visit, resource, event)
    tree.move(visit, StateStatus.WAITING, event)


@on_visit(_task)
def task_succeeded(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    visit.failure = None
    if visit.open:
        tree.move(visit, StateStatus.RUNNING, event)


@on_visit(_task)
def task_failed(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    timed_out = event.type.endswith("TimedOut")
    tree.fail_attempt(visit, StateError.of(event), event, timed_out=timed_out)


@on_visit(partial(_task, starting=True))
def schedule_failed(tree: Tree, visit: Visit, event: HistoryEvent) -> None:
    """Comes instead of a Scheduled event: an attempt of its own."""
    tree.begin_attempt(visit, event)
    tree.fail_attempt(visit, StateError.of(event), event)
