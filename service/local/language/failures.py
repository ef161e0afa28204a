"""How a state fails: with the error and cause AWS gives, and no word of Python.

moto ends the execution with the repr of whatever exception it met (Program._eval_body), or takes
it for the answer of a Lambda function ("Exception"). On AWS a state that can't be evaluated fails
with States.Runtime, and where it did nothing yet, the history has no event of it but its entry.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJsonPath,
)
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils import (
    LambdaFunctionErrorException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_activitiy import (
    StateTaskActivity,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcomeFailureError,
    HeartbeatTimeoutError,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from service.local.errors import NotServed, text_of

from .integrations import unsupported
from .names import MissedHeartbeat
from .seam import Seam

RUNTIME = StatesErrorNameType.StatesRuntime
_WHERE = "An error occurred while executing the state '"
_WORDED = (TypeError, ValueError, IndexError, RuntimeError)
_FORESEEN = (
    TimeoutError,
    ClientError,
    LambdaFunctionErrorException,
    CallbackOutcomeFailureError,
)
_UNSAID = None  # the type of an event that History leaves out

Evaluate = Callable[[Any, Any], None]


def failure(env: Any, cause: str, error: StatesErrorNameType = RUNTIME) -> FailureEventException:
    """To be raised. `cause` is a sentence; where it happened is put before it."""
    entered = env.event_history_context.source_event_id
    where = f"{_WHERE}{env.next_state_name}' (entered at the event id #{entered}). "
    return bare_failure(env, where + cause, error)


def bare_failure(env: Any, cause: str, error: StatesErrorNameType) -> FailureEventException:
    """To be raised, where AWS says no more than the cause."""
    details = ExecutionFailedEventDetails(error=error.to_name(), cause=cause)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(error),
            event_type=_UNSAID,
            event_details={"executionFailedEventDetails": details},
        )
    )


def reason(env: Any, error: Exception) -> str:
    """A sentence on an exception of the interpreter's."""
    if isinstance(error, NoSuchJsonPathError):
        field = getattr(error, "field", env.next_field_name)
        return (
            f"The JSONPath '{error.json_path}' specified for the field '{field}'"
            f" could not be found in the input '{to_json_str(error.data)}'"
        )
    if isinstance(error, _WORDED) and (text := text_of(error)):
        return text
    return f"The embedded engine can't evaluate it: {type(error).__name__}: {text_of(error)}"


def unforeseen(error: BaseException) -> str:
    """A sentence on what should have happened nowhere."""
    return f"The embedded engine failed: {type(error).__name__}: {text_of(error)}"


def _in_words(init: Callable[..., None]) -> Callable[..., None]:
    """For what a state failed with: moto gives an answer of EventBridge's for a cause, a dict."""

    def failure_event(self: Any, *given: Any, **named: Any) -> None:
        init(self, *given, **named)
        for details in (self.event_details or {}).values():
            for key in ("error", "cause"):
                if not isinstance(told := details.get(key), str | None):
                    details[key] = to_json_str(told, separators=(",", ":"))

    return failure_event


def _read(evaluate: Evaluate) -> Evaluate:
    """For any path: its field, which a task's own evaluation forgets until it reports."""

    def path(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except NoSuchJsonPathError as error:
            error.field = env.next_field_name
            raise

    return path


def _evaluated(evaluate: Evaluate) -> Evaluate:
    """For any state: what goes wrong unforeseen."""

    def state(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except FailureEventException:
            raise
        except Exception as error:  # whatever the interpreter's parts raise
            raise failure(env, reason(env, error)) from error

    return state


def _failed(failed: Callable[..., Any]) -> Callable[..., Any]:
    """For Task and Map: what is reported, and given to Retry and Catch."""

    def event(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, NoSuchJsonPathError):
            return failure(env, reason(env, ex)).failure_event
        if isinstance(ex, _FORESEEN):
            return failed(self, env, ex)
        if not isinstance(ex, FailureEventException):
            return _at_runtime(failed(self, env, RuntimeError(reason(env, ex))))
        told = ex.failure_event
        if isinstance(self, StateTask) and told.event_type is HistoryEventType.ExecutionFailed:
            told.event_type = _UNSAID  # not the execution's end: it may be caught
        return told

    return event


def _at_runtime(told: Any) -> Any:
    """moto takes what it doesn't know for a Lambda function's Exception."""
    told.error_name = StatesErrorName(RUNTIME)
    for details in told.event_details.values():
        details["error"] = RUNTIME.to_name()
    return told


def _task_failed(failed: Callable[..., Any]) -> Callable[..., Any]:
    """For tasks: what the engine can't run; and a missed heartbeat has a name of its own, which
    moto forgets."""

    def event(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, NotServed):
            return unsupported(self, env, ex)
        told = failed(self, env, ex)
        if isinstance(ex, HeartbeatTimeoutError):
            told.error_name = MissedHeartbeat()
        return told

    return event


def _said_once(details: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """moto puts a Parallel's or Map's own place before the place in a branch."""

    def said(self: Any) -> Any:
        told = details(self)
        _, cause = self.extract_error_cause_pair() or (None, None)
        if told and cause and cause.startswith(_WHERE):
            told["cause"] = cause
        return told

    return said


SEAMS: tuple[Seam, ...] = (
    (FailureEvent, "__init__", _in_words(FailureEvent.__init__)),
    (CommonStateField, "_eval_body", _evaluated(CommonStateField._eval_body)),
    (StringJsonPath, "_eval_body", _read(StringJsonPath._eval_body)),
    (ExecutionState, "_from_error", _failed(ExecutionState._from_error)),
    (StateTask, "_from_error", _task_failed(StateTask._from_error)),
    (StateTaskActivity, "_from_error", _task_failed(_failed(StateTaskActivity._from_error))),
    (StateTaskLambda, "_from_error", _failed(StateTaskLambda._from_error)),
    (
        FailureEventException,
        "get_execution_failed_event_details",
        _said_once(FailureEventException.get_execution_failed_event_details),
    ),
)
