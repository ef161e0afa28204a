"""Events of a Task's attempts: Task* (integrations), LambdaFunction* and Activity*."""

from service.core.models import HistoryEvent, StateStatus

from .common import error_of, stay
from .tree import Tree
from .visits import Line, Visit

CALLBACK = ".waitForTaskToken"


def task_scheduled(tree: Tree, event: HistoryEvent) -> Line:
    visit = _task(tree, event, starting=True)
    if visit is None:
        return stay(tree, event)
    tree.begin_attempt(visit, event)
    details = event.details
    resource = str(details.get("resource", ""))
    if resource.endswith(CALLBACK):
        _wait(tree, visit, f"{details.get('resourceType', '')}:{resource}", event)
    elif event.type == "ActivityScheduled":
        _wait(tree, visit, f"activity:{resource.rpartition(':')[2]}", event)
    return visit.line


def _wait(tree: Tree, visit: Visit, resource: str, event: HistoryEvent) -> None:
    tree.tasks.add(visit, resource, event)
    tree.move(visit, StateStatus.WAITING, event)


def task_succeeded(tree: Tree, event: HistoryEvent) -> Line:
    visit = _task(tree, event)
    if visit is None:
        return stay(tree, event)
    visit.failure = None
    if visit.open:
        tree.move(visit, StateStatus.RUNNING, event)
    return visit.line


def task_failed(tree: Tree, event: HistoryEvent) -> Line:
    visit = _task(tree, event)
    if visit is None:
        return stay(tree, event)
    timed_out = event.type.endswith("TimedOut")
    tree.fail_attempt(visit, error_of(event), event, timed_out=timed_out)
    return visit.line


def schedule_failed(tree: Tree, event: HistoryEvent) -> Line:
    """Stands in the place of a Scheduled event: an attempt of its own."""
    visit = _task(tree, event, starting=True)
    if visit is None:
        return stay(tree, event)
    tree.begin_attempt(visit, event)
    tree.fail_attempt(visit, error_of(event), event)
    return visit.line


def _task(tree: Tree, event: HistoryEvent, *, starting: bool = False) -> Visit | None:
    line = tree.line_at(event)
    if line is not None and line.visit is not None and line.visit.record.type == "Task":
        return line.visit
    tasks = [visit for visit in tree.visits() if visit.record.type == "Task"]
    if starting:
        redriven = next(filter(tree.redrivable, tasks), None)
        if redriven is not None:
            return redriven
    return next((visit for visit in reversed(tasks) if visit.open), None)
