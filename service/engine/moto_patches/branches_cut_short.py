"""Cuts short what goes on beside a failure."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError

from handrail.engine.step_functions.tracks import abandon, inherit

from .failures import RUNTIME
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="Moto lets the branches and iterations beside one that failed go on, and write into the"
    " history whatever they do; it tells nothing of what the failure cut short, but that States."
    "Runtime failed each Parallel and Map around it.",
    since="5.0.16 or earlier",
    aws="The failure's last event is followed by TaskStateAborted, WaitStateAborted and the like"
    " for each state that was cut short, a Map's after a MapIterationAborted; a Task that fails its"
    " branch is told so too. States.Runtime ends the execution at once, with none of these events"
    " and no ParallelStateFailed, MapIterationFailed or MapStateFailed.",
    known="An execution recorded on AWS, and measurements on AWS that the emulator floci's tests"
    " describe.",
)
_MAP = "component.state.exec.state_map"


def cut(failed: Any) -> None:
    """Write what the failure of a branch's or iteration's environment cuts short, once."""
    around, beside = _beside(failed)
    others = [frame for frame in beside if frame is not failed]
    with failed.event_manager.gate:
        if around is not None:
            cause = failed.event_history_context.source_event_id
            vars(around.event_history_context).setdefault("failed_event_id", cause)
        failed.event_manager.cut_short(failed, others)
    for other in others:
        other.set_stop(stop_date=None, error=None, cause=None)


def _beside(frame: Any) -> tuple[Any, list[Any]]:
    """The environment of the Parallel or Map, and what runs in it. A Map's iterations have frames
    in the frames of the threads that take them in turn."""
    opener = getattr(frame, "opened_by", None)
    if opener is None:
        return None, []
    around = getattr(opener, "opened_by", None)
    if around is None or not getattr(opener, "takes_items", False):
        return opener, list(opener._frames)
    return around, [item for thread in list(around._frames) for item in list(thread._frames)]


@wraps("eval.environment:Environment.open_frame", "eval.environment:Environment.open_inner_frame")
def open_frame(original: Callable[..., Any], self: Any, *given: Any, **named: Any) -> Any:
    """Remembers where it was opened."""
    frame = original(self, *given, **named)
    frame.opened_by = self
    inherit(frame.event_history_context, self.event_history_context)
    return frame


@wraps("eval.environment:Environment.close_frame", "eval.environment:Environment.delete_frame")
def close_frame(original: Callable[..., None], self: Any, frame: Any) -> None:
    """What still runs in it isn't heard any more. A distributed Map closes frames never opened."""
    opened = frame in self._frames
    original(self, frame)
    if opened:
        abandon(frame)
        vars(self.event_history_context).update(_take_failed(frame.event_history_context))


def _take_failed(track: Any) -> dict[str, int]:
    """What was noted of a failure, for once: a state runs in a frame of its own."""
    noted = vars(track).pop("failed_event_id", None)
    return {} if noted is None else {"failed_event_id": noted}


@wraps("component.state.exec.state_parallel.branches_decl:BranchWorkerPool.on_terminated")
def end_branch(original: Callable[..., None], self: Any, env: Any) -> None:
    """The first branch to fail cuts the others short."""
    state = env.program_state()
    failed = isinstance(state, ProgramError)
    if failed and not self._termination_event.is_set() and not _is_runtime(state.error):
        cut(env)
    original(self, env)


@replaces(f"{_MAP}.iteration.iteration_worker:IterationWorker._eval_job")
def evaluate_item(self: Any, env: Any, job: Any) -> None:
    """An iteration, which starts once its input is there."""
    named = {"name": self._work_name, "index": job.job_index}
    env.opened_by.takes_items = True
    item = {"Index": job.job_index, "Value": job.job_input}
    env.states.context_object.context_object_data["Map"] = {"Item": item}
    env.states.reset(input_value=job.job_input)
    started = False
    try:
        self._eval_input(env_frame=env)
        _tell(env, "Started", named, update_source_event_id=True)
        started = True
        job.job_program.eval(env)
        job.job_output = _output(env)
    except Exception as error:  # the job's result
        job.job_output = error
        if _is_runtime(_details(error)):
            return
        cut(env)
        if started:
            _tell(env, "Failed", named)
        return
    _tell(env, "Succeeded", named)


def _output(env: Any) -> Any:
    """Raises what the iteration ended with instead."""
    state = env.program_state()
    if isinstance(state, ProgramEnded):
        return env.states.get_input()
    error = dict(getattr(state, "error", None) or {}) if isinstance(state, ProgramError) else {}
    name = error.get("error")
    details = {"executionFailedEventDetails": error}
    error_name = None if name is None else names.CustomErrorName(name)
    event = failure_event.FailureEvent(
        env, error_name, HistoryEventType.MapIterationFailed, details
    )
    raise failure_event.FailureEventException(event)


def _tell(
    env: Any, what: str, named: dict[str, Any], *, update_source_event_id: bool = False
) -> None:
    env.event_manager.add_event(
        env.event_history_context,
        HistoryEventType[f"MapIteration{what}"],
        {f"mapIteration{what}EventDetails": named},
        update_source_event_id=update_source_event_id,
    )


@replaces(
    "component.state.exec.state_parallel.state_parallel:StateParallel._from_error",
    f"{_MAP}.state_map:StateMap._from_error",
)
def report_failure_of_branches(self: Any, env: Any, ex: Exception) -> Any:
    """Raises the failure itself where it is States.Runtime and no Retrier or Catcher names it. It
    follows what failed, not what was last heard of the branches beside."""
    track = env.event_history_context
    track.source_event_id = _take_failed(track).get("failed_event_id", track.source_event_id)
    event = ExecutionState._from_error(self, env, ex)
    error: Any = next(iter((event.event_details or {}).values()), {})
    if _is_runtime(error) and not _named(self, RUNTIME):
        raise failure_event.FailureEventException(event)
    return event


def _named(state: Any, error: str) -> bool:
    handlers = [*getattr(state.retry, "retriers", ()), *getattr(state.catch, "catchers", ())]
    return any(
        name.error_name == error for each in handlers for name in each.error_equals.error_names
    )


def _details(error: Exception) -> Any:
    event = getattr(error, "failure_event", None)
    return next(iter((event.event_details or {}).values()), {}) if event else {"error": RUNTIME}


def _is_runtime(error: Any) -> bool:
    return (error or {}).get("error") == RUNTIME
