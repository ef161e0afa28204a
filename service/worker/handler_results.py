"""Makes a task's answer of a handler's result or its error, as Step Functions takes them. Pure."""

import json
from contextlib import suppress

from handrail.core.errors import ExecutionNotFound
from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.limits import MAX_CAUSE, MAX_ERROR, MAX_PAYLOAD_BYTES
from handrail.core.models import ExecutionId, Json

INVALID_OUTPUT = "InvalidOutput"
STOPPED = "Worker.Stopped"
CUT = "…"


def succeeded(result: object) -> TaskAnswer:
    """The result as the task's output; a failure, InvalidOutput, where it can't be one."""
    try:
        output = json.dumps(result, allow_nan=False, ensure_ascii=False)
        size = len(output.encode())
    except (TypeError, ValueError, RecursionError) as error:
        return failed_with(INVALID_OUTPUT, f"The result isn't JSON: {_text(error)}")
    if size > MAX_PAYLOAD_BYTES:
        limit = f"Step Functions takes {MAX_PAYLOAD_BYTES:,}"
        return failed_with(INVALID_OUTPUT, f"The result has {size:,} bytes; {limit}.")
    return TaskAnswer(Outcome.SUCCESS, output=output)


def failed(error: BaseException) -> TaskAnswer:
    """A handler's exception: its `error` attribute or its class names it, for Retry and Catch."""
    given = getattr(error, "error", None)
    name = given if isinstance(given, str) and given else type(error).__name__
    return failed_with(name, _text(error))


def failed_with(error: str, message: str) -> TaskAnswer:
    """A failure within AWS's lengths. Its cause is JSON as Lambda writes it, without the stack:
    `{"errorMessage", "errorType"}`, cut until it fits once it is escaped."""
    error, message = _clean(error), _clean(message)
    name = error if len(error) <= MAX_ERROR else error[: MAX_ERROR - 1] + CUT
    shown = message[:MAX_CAUSE]
    while True:
        text = shown if len(shown) == len(message) else shown + CUT
        cause = json.dumps({"errorMessage": text, "errorType": name}, ensure_ascii=False)
        if len(cause) <= MAX_CAUSE:
            return TaskAnswer(Outcome.FAILURE, error=name, cause=cause)
        shown = shown[: -max(1, (len(cause) - MAX_CAUSE) // 6)]  # a character takes up to six


def stopped() -> TaskAnswer:
    """The task goes back: a Retry on Worker.Stopped gives it to another worker."""
    return failed_with(STOPPED, "The worker was stopped before it was done.")


def execution_of(input: Json) -> str | None:
    """The execution's id, where the state passes its ARN on: `"execution.$": "$$.Execution.Id"`."""
    arn = input.get("execution") if isinstance(input, dict) else None
    with suppress(ExecutionNotFound):
        if isinstance(arn, str) and arn.startswith("arn:"):
            return str(ExecutionId.parse(arn))
    return None


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception that can't even be shown is still a failure
        return ""


def _clean(text: str) -> str:
    """Without halves of surrogate pairs, which no request can carry."""
    return text.encode(errors="replace").decode()
