"""Runs a distributed Map as a Map Run, whose items are executions of their own."""

from collections.abc import Mapping
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event

from handrail.core.limits import MAX_PAYLOAD_BYTES
from handrail.engine.map_runs.map_items import MapRunFailure, child_inputs, compact
from handrail.engine.map_runs.map_run import LiveMapRun
from handrail.engine.step_functions.child_executions import ChildExecution, ChildMachine

from .datasets_cut_short import read_items, select
from .failures import RUNTIME, failure, reason
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
    _add(env, HistoryEventType.MapRunStarted, {"mapRunArn": run.map_run_arn})
    run.express = self.map_fields.express
    run.on_abort = lambda: _tell_of_the_end(env)
    watch = _Watch(run)
    env._frames.append(watch)
    try:
        output = _evaluated(env, given, self.map_fields)
    except Exception as error:
        raise _failed(env, run, error) from error
    finally:
        env.delete_frame(watch)
    if not run.close("SUCCEEDED"):
        raise _stopped(env)
    _add(env, HistoryEventType.MapRunSucceeded)
    if not isinstance(output, dict) and len(compact(output).encode()) > MAX_PAYLOAD_BYTES:
        cause = (
            f"The state/task '{given.state_name}' returned a result with a size exceeding the"
            " maximum number of bytes service limit."
        )
        raise failure(env, cause, "States.DataLimitExceeded", located=False)
    env.stack.append(output)


class _Watch:
    """Stands among the frames of the Map's environment, and aborts the Map Run where they stop."""

    def __init__(self, run: LiveMapRun) -> None:
        self._run = run

    def set_stop(self, **_: Any) -> None:
        self._run.abort()

    def set_error(self, **_: Any) -> None:
        self._run.abort()

    set_timed_out = set_ended = set_stop


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
    return None if run.aborted else result(env, run, writer, exports=fields.exports)


def _failed(env: Any, run: LiveMapRun, error: Exception) -> Exception:
    """What to raise for it; the history says that the Map Run failed."""
    if not run.close("FAILED"):
        return _stopped(env)
    if isinstance(error, failure_event.FailureEventException):
        name, cause = error.extract_error_cause_pair() or (None, None)
    elif isinstance(error, MapRunFailure):
        name, cause = error.error, error.cause
        error = failure(env, cause, name, located=False)
    else:
        name, cause = RUNTIME, reason(env, error)
        error = failure(env, cause)
    said = {"error": name, "cause": cause}
    details = {key: value for key, value in said.items() if value}
    _add(env, HistoryEventType.MapRunFailed, details)
    return error


def _stopped(env: Any) -> Exception:
    """Ends a state whose execution or branch was stopped, untold: its Map Run's end was told."""
    details = {
        "executionFailedEventDetails": {"error": RUNTIME, "cause": "The Map Run was aborted."}
    }
    event_type = HistoryEventType.ExecutionFailed
    name = names.CustomErrorName(RUNTIME)  # for no Retrier and no Catcher
    event = failure_event.FailureEvent(env, name, event_type, details)
    return failure_event.FailureEventException(event)


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
