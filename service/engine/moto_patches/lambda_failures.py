"""Fails the invocation of a Lambda function with the error and cause AWS gives."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from .functions_outside_the_trace import say_trace
from .optimised_error_names import optimised_error
from .patches import Fault, replaces, wraps
from .service_errors import SERVICE_TASK, read, task_failed

FAULT = Fault(
    moto="Moto calls a failure `Exception` where a function's answer has no `errorType`, and where "
    "a function called by its ARN can't be invoked, and writes the function's answer anew for "
    "both kinds of resources.",
    since="5.0.16 or earlier",
    aws="Step Functions calls the former `Lambda.Unknown`, says so and shows the answer, and names "
    "the latter as in `lambda:invoke` (`Lambda.ResourceNotFoundException`). The cause is the "
    "answer as the function gave it where the resource is its ARN, and without white space in "
    "`lambda:invoke`.",
    known="Executions recorded on AWS; causes of `Lambda.Unknown` in logs of several projects.",
)

_STATE_TASK = "component.state.exec.state_task"
_NO_TYPE = (
    "The cause could not be determined because Lambda did not return an error type. "
    "Returned payload: "
)


@replaces(f"{_STATE_TASK}.lambda_eval_utils:_invoke_lambda_function")
def invoke_function(parameters: dict[str, Any], region: str, state_credentials: Any) -> Any:
    """A failure keeps the text of the answer."""
    client = lambda_eval_utils.boto_client_for(
        service="lambda", region=region, state_credentials=state_credentials
    )
    say_trace(client)
    answer = client.invoke(**parameters)
    text = answer["Payload"].read().decode(errors="replace")
    if failed := answer.get("FunctionError"):
        raise lambda_eval_utils.LambdaFunctionErrorException(failed, text)
    return answer | {"Payload": _parsed(text)}


@wraps(f"{SERVICE_TASK}_lambda:StateTaskServiceLambda._from_error")
def name_function_error(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """Of `lambda:invoke`."""
    if isinstance(ex, lambda_eval_utils.LambdaFunctionErrorException):
        error, cause = function_error(ex.payload)
        parsed = _parsed(cause)
        if not isinstance(parsed, str):
            cause = json.dumps(parsed, separators=(",", ":"), ensure_ascii=False)
        return task_failed(self, env, error, cause)
    return original(self, env, ex)


@wraps(f"{_STATE_TASK}.state_task_lambda:StateTaskLambda._from_error")
def name_failure_of_function(
    original: Callable[..., Any], self: Any, env: Any, ex: Exception
) -> Any:
    """Of a function's ARN."""
    if isinstance(ex, lambda_eval_utils.LambdaFunctionErrorException):
        error, cause = function_error(ex.payload)
    elif isinstance(ex, ClientError):
        error, cause = optimised_error("lambda", read(ex))
    else:
        return original(self, env, ex)
    details = {"lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}
    kind = HistoryEventType.LambdaFunctionFailed
    return failure_event.FailureEvent(env, names.CustomErrorName(error), kind, details)


def function_error(answer: str) -> tuple[str, str]:
    """The name and cause of a failure with this answer."""
    parsed = _parsed(answer)
    error = parsed.get("errorType") if isinstance(parsed, dict) else None
    return (error, answer) if isinstance(error, str) else ("Lambda.Unknown", _NO_TYPE + answer)


def _parsed(text: str) -> Any:
    """What is no JSON is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
