"""Fails a state with the error and cause AWS gives, for the Retriers and Catchers AWS has it for.

moto ends the execution with the repr of whatever it met. On AWS a state that can't be evaluated
fails with States.Runtime; where it did nothing yet, the history has nothing of it but its entry."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.engine.errors import NotServed, text_of
from handrail.engine.step_functions.tracks import entered_event_id

from .patches import replaces, wraps

RUNTIME = "States.Runtime"
NOT_SUPPORTED = "Handrail.NotSupported"
_NO_FAILED_TASK = {"States.Runtime", "States.DataLimitExceeded", "States.Timeout"}
_ERROR_NAME = "component.common.error_name"
_TASK = "component.state.exec.state_task"
_WHERE = "An error occurred while executing the state '"
_OF_LAMBDA = lambda_eval_utils.LambdaFunctionErrorException
_FORESEEN = (TimeoutError, ClientError, _OF_LAMBDA, callback.CallbackOutcomeFailureError)
_NO_EVENT: Any = None  # the type of an event that History leaves out


def failure(
    env: Any, cause: str, error: str = RUNTIME, *, located: bool = True, event_type: Any = _NO_EVENT
) -> Any:
    """To be raised. `cause` is a sentence; where it happened is put before it if `located`."""
    if located:
        entered = entered_event_id(env.event_history_context)
        cause = f"{_WHERE}{env.next_state_name}' (entered at the event id #{entered}). {cause}"
    field = "evaluationFailedEventDetails" if event_type else "executionFailedEventDetails"
    details = {field: {"error": error, "cause": cause}}
    event = failure_event.FailureEvent(env, names.CustomErrorName(error), event_type, details)
    return failure_event.FailureEventException(event)


def reason(env: Any, error: Exception) -> str:
    """A sentence on an exception of the interpreter's."""
    if isinstance(error, NoSuchJsonPathError):
        field = getattr(error, "field", env.next_field_name)
        asked = f"The JSONPath '{error.json_path}' specified for the field '{field}'"
        return f"{asked} could not be found in the input '{to_json_str(error.data)}'"
    worded = isinstance(error, TypeError | ValueError | IndexError | RuntimeError)
    if worded and (text := text_of(error)):
        return text
    return f"The embedded engine can't evaluate it: {type(error).__name__}: {text_of(error)}"


@wraps(f"{_ERROR_NAME}.failure_event:FailureEvent.__init__")
def write_as_text(
    original: Callable[..., None], self: Any, env: Any, *args: Any, **kw: Any
) -> None:
    """moto gives an answer of EventBridge's for a cause, a dict, and takes the last event of a
    state for the one it was entered by."""
    original(self, env, *args, **kw)
    self.source_event_id = entered_event_id(env.event_history_context)
    for details in (self.event_details or {}).values():
        for key in ("error", "cause"):
            if not isinstance(value := details.get(key), str | None):
                details[key] = to_json_str(value, separators=(",", ":"))


@wraps(f"{_ERROR_NAME}.failure_event:FailureEventException.get_execution_failed_event_details")
def say_once_where(original: Callable[[Any], Any], self: Any) -> Any:
    """moto puts where a Parallel or Map is before where the state in its branch is."""
    details = original(self)
    _, cause = self.extract_error_cause_pair() or (None, None)
    if details and cause and cause.startswith(_WHERE):
        details["cause"] = cause
    return details


@wraps("component.common.string.string_expression:StringJsonPath._eval_body")
def remember_the_field(original: Callable[..., None], self: Any, env: Any) -> None:
    """A task's own evaluation forgets by the time it reports which field the path was of."""
    try:
        original(self, env)
    except NoSuchJsonPathError as error:
        error.field = env.next_field_name
        raise


@wraps("component.state.state:CommonStateField._eval_body")
def evaluate_state(original: Callable[..., None], self: Any, env: Any) -> None:
    """What no state of moto's foresees ends the execution there."""
    try:
        original(self, env)
    except failure_event.FailureEventException:
        raise
    except Exception as error:  # whatever the interpreter's parts raise
        raise failure(env, reason(env, error)) from error


@wraps(
    "component.state.exec.execute_state:ExecutionState._from_error",
    f"{_TASK}.state_task_activitiy:StateTaskActivity._from_error",
    f"{_TASK}.state_task_lambda:StateTaskLambda._from_error",
)
def report_failure(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """moto takes what it doesn't know, in a Task or Map, for a Lambda function's Exception."""
    if isinstance(ex, NoSuchJsonPathError):
        return failure(env, reason(env, ex)).failure_event
    if isinstance(ex, _FORESEEN):
        return original(self, env, ex)
    if isinstance(ex, failure_event.FailureEventException):
        event = ex.failure_event
        if isinstance(self, StateTask) and event.event_type is HistoryEventType.ExecutionFailed:
            event.event_type = _NO_EVENT  # not the execution's end: it may be caught
        return event
    event = original(self, env, RuntimeError(reason(env, ex)))
    event.error_name = names.CustomErrorName(RUNTIME)
    for details in event.event_details.values():
        details["error"] = RUNTIME
    return event


@wraps(
    f"{_TASK}.state_task:StateTask._from_error",
    f"{_TASK}.state_task_activitiy:StateTaskActivity._from_error",
)
def report_task_failure(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """moto fails what it can't run with States.Runtime, which Retry and Catch don't take, and
    forgets which name a missed heartbeat has."""
    if isinstance(ex, NotServed):
        details = {
            "resource": self._get_sfn_resource(),
            "resourceType": self._get_sfn_resource_type(),
            "error": NOT_SUPPORTED,
            "cause": f"{ex.message} The task's resource is {self.resource.resource_arn}.",
        }
        event_details = {"taskFailedEventDetails": details}
        name = names.CustomErrorName(NOT_SUPPORTED)
        return failure_event.FailureEvent(env, name, HistoryEventType.TaskFailed, event_details)
    event = original(self, env, ex)
    if isinstance(ex, callback.HeartbeatTimeoutError):
        event.error_name = MissedHeartbeat()
    return event


class MissedHeartbeat(names.CustomErrorName):  # type: ignore[misc] # moto has no types
    """Reported as States.Timeout; Retry and Catch may tell it from others by its own name."""

    def __init__(self) -> None:
        self.error_name = "States.Timeout"


@replaces("parse.preprocessor:CustomErrorName")
class DeclaredName(names.CustomErrorName):  # type: ignore[misc] # moto has no types
    """A name in a definition, where `States.` still is for AWS's own."""

    __init__ = names.CustomErrorName.__init__


@replaces(f"{_ERROR_NAME}.custom_error_name:CustomErrorName.__init__")
def allow_any_name(self: Any, error_name: str | None) -> None:
    """moto refuses `States.*` in the names it makes of whatever failed: a branch's States.Timeout,
    or a task that was told to fail with one, ended the execution with the refusal."""
    self.error_name = error_name


def takes(declared: set[str], error: Any) -> bool:
    """True where one of the names in ErrorEquals is the error's (moto's name object, or None), or a
    wildcard that takes it in, as on AWS
    (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html), but that
    States.ALL takes States.DataLimitExceeded, as executions recorded on AWS show."""
    name = error.error_name if error else None
    return (
        name in declared
        or ("States.HeartbeatTimeout" in declared and isinstance(error, MissedHeartbeat))
        or ("States.ALL" in declared and name != "States.Runtime")
        or ("States.TaskFailed" in declared and name not in _NO_FAILED_TASK)
    )


@replaces(f"{_ERROR_NAME}.error_equals_decl:ErrorEqualsDecl._eval_body")
def match_error(self: Any, env: Any) -> None:
    """moto knows no wildcard but States.ALL."""
    error = env.stack.pop()
    env.stack.append(takes({name.error_name for name in self.error_names}, error))
