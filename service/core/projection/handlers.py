"""Tells which handler takes each type of history event to the tree of visits.

The types are those of
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html; one that
isn't known here stands where its predecessor stood and changes nothing.
"""

from service.core.models import HistoryEvent, StateStatus

from . import on_containers, on_states, on_tasks
from .common import EventHandler
from .execution import OUTCOMES
from .facts import StateError
from .tree import Tree
from .visits import UNKNOWN_ERROR, Lane


def execution_ended(tree: Tree, event: HistoryEvent) -> Lane:
    """Nothing stays open. A failure breaks what it points at and all around that."""
    outcome = StateStatus(OUTCOMES[event.type])
    stopped = [visit for visit in tree.visits() if visit.open]
    if outcome is StateStatus.FAILED:
        error = StateError.of(event)
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
    return tree.root


STATE_TYPES = ("Task", "Pass", "Map", "Parallel", "Choice", "Wait", "Succeed", "Fail")
_ATTEMPTS: dict[str, EventHandler] = {
    "Scheduled": on_tasks.task_scheduled,
    "ScheduleFailed": on_tasks.schedule_failed,
    "Started": Tree.stay,
    "StartFailed": on_tasks.task_failed,
    "Submitted": Tree.stay,
    "SubmitFailed": on_tasks.task_failed,
    "Succeeded": on_tasks.task_succeeded,
    "Failed": on_tasks.task_failed,
    "TimedOut": on_tasks.task_failed,
}
HANDLERS: dict[str, EventHandler] = {
    **dict.fromkeys((f"{type_}StateEntered" for type_ in STATE_TYPES), on_states.entered),
    **dict.fromkeys((f"{type_}StateExited" for type_ in STATE_TYPES), on_states.exited),
    **dict.fromkeys((f"{type_}StateAborted" for type_ in STATE_TYPES), on_states.state_aborted),
    **{
        f"{kind}{verb}": handler
        for kind in ("Task", "LambdaFunction", "Activity")
        for verb, handler in _ATTEMPTS.items()
    },
    "MapStateStarted": on_containers.container_started,
    "MapStateSucceeded": on_containers.container_succeeded,
    "MapStateFailed": on_containers.container_failed,
    "ParallelStateStarted": on_containers.container_started,
    "ParallelStateSucceeded": on_containers.container_succeeded,
    "ParallelStateFailed": on_containers.container_failed,
    "MapIterationStarted": on_containers.iteration_started,
    "MapIterationSucceeded": on_containers.iteration_succeeded,
    "MapIterationFailed": on_containers.iteration_failed,
    "MapIterationAborted": on_containers.iteration_aborted,
    "MapRunStarted": on_containers.map_run_started,
    "MapRunRedriven": on_containers.map_run_started,
    "MapRunSucceeded": Tree.stay,
    "MapRunFailed": on_containers.map_run_failed,
    "MapRunAborted": Tree.stay,
    "EvaluationFailed": on_states.evaluation_failed,
    **dict.fromkeys(OUTCOMES, execution_ended),
    "ExecutionStarted": Tree.stay,
    "ExecutionRedriven": execution_redriven,
}
