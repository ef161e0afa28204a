"""Fails a state with the error and cause AWS gives, for the Retriers and Catchers AWS has it for.

moto ends the execution with the repr of whatever it met. On AWS a state that can't be evaluated
fails with States.Runtime; where it did nothing yet, the history has nothing of it but its entry."""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.engine.errors import text_of
from handrail.engine.step_functions.tracks import entered_event_id

RUNTIME = "States.Runtime"
NOT_SUPPORTED = "Handrail.NotSupported"
_NO_FAILED_TASK = {"States.Runtime", "States.DataLimitExceeded", "States.Timeout"}
WHERE = "An error occurred while executing the state '"
NO_EVENT: Any = None  # the type of an event that History leaves out


def failure(
    env: Any, cause: str, error: str = RUNTIME, *, located: bool = True, event_type: Any = NO_EVENT
) -> Any:
    """To be raised. `cause` is a sentence; where it happened is put before it if `located`."""
    if located:
        entered = entered_event_id(env.event_history_context)
        cause = f"{WHERE}{env.next_state_name}' (entered at the event id #{entered}). {cause}"
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


class MissedHeartbeat(names.CustomErrorName):  # type: ignore[misc] # moto has no types
    """Reported as States.Timeout; Retry and Catch may tell it from others by its own name."""

    def __init__(self) -> None:
        self.error_name = "States.Timeout"


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
