"""Runs a distributed Map as a Map Run, whose items are executions of their own."""

from collections.abc import Mapping
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager

from handrail.engine.errors import NotServed
from handrail.engine.map_runs.map_items import MapRunFailure, child_inputs
from handrail.engine.map_runs.map_run import MOST_AT_ONCE, LiveMapRun
from handrail.engine.step_functions.child_executions import ChildExecution, ChildMachine

from .datasets_cut_short import read_items, select
from .failures import NOT_SUPPORTED, RUNTIME, failure, reason
from .patches import Fault, replaces
from .results_unwritten import result

_MAP = "component.state.exec.state_map"
_COMPONENT = "iteration.distributed_iteration_component:DistributedIterationComponent"

FAULT = Fault(
    moto="The items of a distributed Map run in threads of the parent execution. They have no ARN,"
    " no history and no context object of their own, nobody can ask for them or settle their tasks"
    " by position, and stopping the parent doesn't stop them. A failed one counts as running, and"
    " fails no Map Run.",
    since="5.0.16",
    aws="Each item, or batch of items, is a child execution of the Map Run. DescribeMapRun counts"
    " them and ListExecutions lists them. One failure fails the Map Run with"
    " `States.ExceedToleratedFailureThreshold`, unless the state tolerates it.",
    known="The developer guide's pages on distributed Maps; executions recorded on AWS.",
)

replaces(f"{_MAP}.state_map:MapRunRecord")(LiveMapRun)


@replaces(f"{_MAP}.{_COMPONENT}._eval_body")
def run_map(self: Any, env: Any) -> None:
    """moto evaluates the items itself."""
    given = env.stack.pop()
    run: LiveMapRun = given.map_run_record
    run.express = self.map_fields.express
    watch = _Watch(run)
    env._frames.append(watch)
    if not env.is_running():  # stopped before the watch was set
        raise _stopped(env)
    frame = _frame(env)
    env.map_run_record_pool_manager.begin(run)
    _add(env, HistoryEventType.MapRunStarted, {"mapRunArn": run.map_run_arn})
    run.on_abort = lambda: _tell_of_the_end(env)
    try:
        output = _evaluated(frame, given, self.map_fields)
    except Exception as error:
        raise _failed(env, frame, run, error) from error
    finally:
        env.delete_frame(watch)
        env.delete_frame(frame)
    if not run.close("SUCCEEDED"):
        raise _stopped(env)
    _add(env, HistoryEventType.MapRunSucceeded)
    env.stack.append(output)


def _frame(env: Any) -> Any:
    """Where the fields are evaluated. What fails there fails the Map Run: the history has nothing
    of it but that, and its cause says where the state was entered."""
    events, entered = env.event_manager.events(), env.event_history_context.source_event_id
    while entered and events[entered - 1]["type"] != HistoryEventType.MapStateEntered:
        entered = events[entered - 1]["previousEventId"]
    frame = env.open_inner_frame(EventHistoryContext(previous_event_id=entered))
    frame.states.reset(input_value=env.states.get_input())
    frame.event_manager = EventManager()
    return frame


class _Watch:
    """Stands among the frames of the Map's environment, and aborts the Map Run where they stop."""

    _frames = ()

    def __init__(self, run: LiveMapRun) -> None:
        self._run, self.event_history_context = run, EventHistoryContext.of_program_start()

    def set_stop(self, **_: Any) -> None:
        self._run.abort()

    set_error = set_timed_out = set_ended = set_stop


def _evaluated(env: Any, given: Any, fields: Any) -> Any:
    """Run the children. Raises MapRunFailure, and what evaluating a field raises."""
    found: Mapping[str, Any] = {}
    if fields.payload:
        env.stack.append(env.states.get_input())
        fields.payload.eval(env)
        found = env.stack.pop()
    run, writer = given.map_run_record, found.get("ResultWriter", {})
    items = read_items(env, given, fields.action, found.get("ItemReader"))
    inputs = list(child_inputs(select(env, given, items), found.get("ItemBatcher")))
    machine = ChildMachine(run, env.map_run_record_pool_manager.execution, fields)
    try:
        run.run(inputs, lambda one: ChildExecution(machine, one))
    except MapRunFailure:
        if fields.exports:
            result(env, run, writer, exports=True)
        raise
    output = None if run.aborted else result(env, run, writer, exports=fields.exports)
    if fields.express:
        del run.children[MOST_AT_ONCE:]  # nobody can ask for them
    return output


def _failed(env: Any, frame: Any, run: LiveMapRun, error: Exception) -> Exception:
    """What to raise for it; the history says that the Map Run failed."""
    if not run.close("FAILED"):
        return _stopped(env)
    if isinstance(error, MapRunFailure):
        failed = failure(env, error.cause, error.error, located=False)
    elif isinstance(error, NotServed):
        failed = failure(env, error.message, NOT_SUPPORTED, located=False)
    elif isinstance(error, failure_event.FailureEventException):
        said = {"error": RUNTIME} | (error.get_execution_failed_event_details() or {})
        failed = failure(env, said.get("cause") or "", said["error"], located=False)
    else:
        failed = failure(frame, reason(frame, error))
    name, cause = failed.extract_error_cause_pair()
    details = {"error": name, "cause": cause} if cause else {"error": name}
    _add(env, HistoryEventType.MapRunFailed, details)
    return failed  # type: ignore[no-any-return]


def _stopped(env: Any) -> Exception:
    """Ends a state whose execution or branch was stopped, untold: its Map Run's end was told."""
    details = {
        "executionFailedEventDetails": {"error": RUNTIME, "cause": "The Map Run was aborted."}
    }
    event_type = HistoryEventType.ExecutionFailed
    name = names.CustomErrorName(RUNTIME)  # for no Retrier and no Catcher
    event = failure_event.FailureEvent(env, name, event_type, details)
    stopped: Exception = failure_event.FailureEventException(event)
    return stopped


def _tell_of_the_end(env: Any) -> None:
    _add(env, HistoryEventType.MapRunAborted)
    _add(env, HistoryEventType.MapStateAborted)


def _add(env: Any, event_type: Any, details: Mapping[str, Any] | None = None) -> None:
    name = event_type.value
    field = f"{name[:1].lower()}{name[1:]}EventDetails"
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=event_type,
        event_details=None if details is None else {field: details},
    )
