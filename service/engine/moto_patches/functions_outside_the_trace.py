"""Invokes Lambda functions in the trace of their execution."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto knows no traces: a function that an execution invokes is told of none.",
    since="5.0.16 or earlier",
    aws="Step Functions hands the trace of an execution, which its start's `traceHeader` names, to "
    "the functions that it invokes, in the header `X-Amzn-Trace-Id`; a function finds it in "
    "`_X_AMZN_TRACE_ID`.",
    known="AWS's documents on X-Ray with Step Functions and with Lambda.",
)
HEADER = "X-Amzn-Trace-Id"
_running: ContextVar[str | None] = ContextVar("running", default=None)


_TASK = "component.state.exec.state_task"


@wraps(f"{_TASK}.lambda_eval_utils:execute_lambda_function_integration")
def invoke_in_trace(original: Callable[..., Any], env: Any, *given: Any, **named: Any) -> Any:
    """Whatever branch or iteration it is in."""
    arn = env.states.context_object.context_object_data["Execution"]["Id"]
    execution = getattr(env.callback_pool_manager, "executions", {}).get(arn)
    token = _running.set(execution.trace_header if execution is not None else None)
    try:
        return original(env, *given, **named)
    finally:
        _running.reset(token)


def say_trace(client: Any) -> None:
    """Has a client of Lambda, which others may use too, say it with each call."""
    client.meta.events.register("before-call.lambda.Invoke", _say, HEADER)


def _say(params: Any, **_: Any) -> None:
    """A hook of botocore's."""
    if (header := _running.get()) is not None:
        params["headers"][HEADER] = header
