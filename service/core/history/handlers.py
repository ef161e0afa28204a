"""Tells which handler takes each type of history event to the tree of visits.

The types are those of
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html; one that
isn't known here stands where its predecessor stood and changes nothing.
"""

from service.core.models import HistoryEvent, StateStatus

from . import containers, states, tasks
from .execution import OUTCOMES
from .facts import StateError
from .shared import EventHandler
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
    "Scheduled": tasks.task_scheduled,
    "ScheduleFailed": tasks.schedule_failed,
    "Started": Tree.stay,
    "StartFailed": tasks.task_failed,
    "Submitted": Tree.stay,
    "SubmitFailed": tasks.task_failed,
    "Succeeded": tasks.task_succeeded,
    "Failed": tasks.task_failed,
    "TimedOut": tasks.task_failed,
}
HANDLERS: dict[str, EventHandler] = {
    **dict.fromkeys((f"{type_}StateEntered" for type_ in STATE_TYPES), states.entered),
    **dict.fromkeys((f"{type_}StateExited" for type_ in STATE_TYPES), states.exited),
    **dict.fromkeys((f"{type_}StateAborted" for type_ in STATE_TYPES), states.state_aborted),
    **{
        f"{kind}{verb}": handler
        for kind in ("Task", "LambdaFunction", "Activity")
        for verb, handler in _ATTEMPTS.items()
    },
    "MapStateStarted": containers.container_started,
    "MapStateSucceeded": containers.container_succeeded,
    "MapStateFailed": containers.container_failed,
    "ParallelStateStarted": containers.container_started,
    "ParallelStateSucceeded": containers.container_succeeded,
    "ParallelStateFailed": containers.container_failed,
    "MapIterationStarted": containers.iteration_started,
    "MapIterationSucceeded": containers.iteration_succeeded,
    "MapIterationFailed": containers.iteration_failed,
    "MapIterationAborted": containers.iteration_aborted,
    "MapRunStarted": containers.map_run_started,
    "MapRunRedriven": containers.map_run_started,
    "MapRunSucceeded": Tree.stay,
    "MapRunFailed": containers.map_run_failed,
    "MapRunAborted": Tree.stay,
    "EvaluationFailed": states.evaluation_failed,
    **dict.fromkeys(OUTCOMES, execution_ended),
    "ExecutionStarted": Tree.stay,
    "ExecutionRedriven": execution_redriven,
}
