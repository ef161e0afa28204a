"""Fails a task or Map that breaks before it does anything."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .failures import NO_EVENT, RUNTIME, failure, reason
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto takes what it doesn't know, in a task or Map, for a Lambda function's Exception, "
    "and tells of it in the history as of a task that ran.",
    since="5.0.16 or earlier",
    aws="It is States.Runtime, and the history has nothing of the state but its entry.",
    known="Executions recorded on AWS.",
)
_TASK = "component.state.exec.state_task"
_OF_LAMBDA = lambda_eval_utils.LambdaFunctionErrorException
_FORESEEN = (TimeoutError, ClientError, _OF_LAMBDA, callback.CallbackOutcomeFailureError)


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
            event.event_type = NO_EVENT  # not the execution's end: it may be caught
        return event
    event = original(self, env, RuntimeError(reason(env, ex)))
    event.error_name = names.CustomErrorName(RUNTIME)
    for details in event.event_details.values():
        details["error"] = RUNTIME
    return event
