"""Tells which handler takes each type of history event to the tree of visits.

The types are those of
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html; one that
isn't known here stands where its predecessor stood and changes nothing.
"""

from service.core.models import HistoryEvent, StateStatus

from . import containers, states
from .execution import OUTCOMES
from .tree import EventHandler, Tree
from .visits import UNKNOWN_ERROR, Lane, error_of


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
    return tree.root


_VISITS: dict[str, EventHandler] = {
    "Entered": states.entered,
    "Exited": states.exited,
    "Aborted": states.state_aborted,
}
_CONTAINERS: dict[str, EventHandler] = {
    "Started": containers.container_started,
    "Succeeded": containers.container_succeeded,
    "Failed": containers.container_failed,
}
_ATTEMPTS: dict[str, EventHandler] = {
    "Scheduled": states.task_scheduled,
    "ScheduleFailed": states.schedule_failed,
    "Started": Tree.stay,
    "StartFailed": states.task_failed,
    "Submitted": Tree.stay,
    "SubmitFailed": states.task_failed,
    "Succeeded": states.task_succeeded,
    "Failed": states.task_failed,
    "TimedOut": states.task_failed,
}
HANDLERS: dict[str, EventHandler] = {
    **{
        f"{type_}State{verb}": handler
        for type_ in ("Task", "Pass", "Map", "Parallel", "Choice", "Wait", "Succeed", "Fail")
        for verb, handler in _VISITS.items()
    },
    **{
        f"{kind}{verb}": handler
        for kind in ("Task", "LambdaFunction", "Activity")
        for verb, handler in _ATTEMPTS.items()
    },
    **{f"MapState{verb}": handler for verb, handler in _CONTAINERS.items()},
    **{f"ParallelState{verb}": handler for verb, handler in _CONTAINERS.items()},
    "MapIterationStarted": containers.iteration_started,
    "MapIterationSucceeded": containers.iteration_ended,
    "MapIterationFailed": containers.iteration_ended,
    "MapIterationAborted": containers.iteration_ended,
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
