"""What each type of history event means for the tree of visits.

A handler makes its moves and answers the line the event stands on. The types are those of
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html; one that
isn't known here stands where its predecessor stood and changes nothing.
"""

from collections.abc import Callable

from service.core.models import HistoryEvent, StateStatus

from . import on_containers, on_states, on_tasks
from .common import error_of, stay
from .execution import OUTCOMES
from .facts import StateError
from .tree import Tree
from .visits import UNKNOWN_ERROR, Line

Handler = Callable[[Tree, HistoryEvent], Line]


def execution_ended(tree: Tree, event: HistoryEvent) -> Line:
    """Nothing stays open. A failure breaks what it points at and all around that."""
    outcome = StateStatus(OUTCOMES[event.type])
    stopped = [visit for visit in tree.visits() if visit.open]
    if outcome is StateStatus.FAILED:
        error, line = error_of(event), tree.line_at(event) or tree.root
        tree.fail_lines(list(tree.upwards(line)), event, error)
        _explain(tree, event, error)
    tree.end(tree.root, event, outcome)
    if outcome in {StateStatus.ABORTED, StateStatus.TIMED_OUT}:
        for visit in stopped:
            visit.record.outcome = outcome
    return tree.root


def execution_redriven(tree: Tree, event: HistoryEvent) -> Line:
    """What broke may run again; each state does so by an event of its own."""
    tree.redrives += 1
    return tree.root


def _explain(tree: Tree, event: HistoryEvent, error: StateError) -> None:
    """Fail states don't say their error; the execution that ends of one does."""
    for visit in tree.visits():
        if visit.failure == UNKNOWN_ERROR and visit.redrive == tree.redrives:
            visit.failure = visit.record.last_error = error
            tree.touch(visit.record, event)


HANDLERS: dict[str, Handler] = {
    **{
        f"{type_}State{verb}": handler
        for type_ in ("Task", "Pass", "Map", "Parallel", "Choice", "Wait", "Succeed", "Fail")
        for verb, handler in (
            ("Entered", on_states.entered),
            ("Exited", on_states.exited),
            ("Aborted", on_states.state_aborted),
        )
    },
    **{
        f"{kind}{verb}": handler
        for kind in ("Task", "LambdaFunction", "Activity")
        for verb, handler in (
            ("Scheduled", on_tasks.task_scheduled),
            ("ScheduleFailed", on_tasks.schedule_failed),
            ("Started", stay),
            ("StartFailed", on_tasks.task_failed),
            ("Submitted", stay),
            ("SubmitFailed", on_tasks.task_failed),
            ("Succeeded", on_tasks.task_succeeded),
            ("Failed", on_tasks.task_failed),
            ("TimedOut", on_tasks.task_failed),
        )
    },
    **{
        f"{type_}State{verb}": handler
        for type_ in ("Map", "Parallel")
        for verb, handler in (
            ("Started", on_containers.container_started),
            ("Succeeded", on_containers.container_succeeded),
            ("Failed", on_containers.container_failed),
        )
    },
    "MapIterationStarted": on_containers.iteration_started,
    "MapIterationSucceeded": on_containers.iteration_succeeded,
    "MapIterationFailed": on_containers.iteration_failed,
    "MapIterationAborted": on_containers.iteration_aborted,
    "MapRunStarted": on_containers.map_run_started,
    "MapRunRedriven": on_containers.map_run_started,
    "MapRunSucceeded": stay,
    "MapRunFailed": on_containers.map_run_failed,
    "MapRunAborted": stay,
    "EvaluationFailed": on_states.evaluation_failed,
    **dict.fromkeys(OUTCOMES, execution_ended),
    "ExecutionStarted": stay,
    "ExecutionRedriven": execution_redriven,
}
