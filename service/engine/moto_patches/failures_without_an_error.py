"""Tells a Catch of a failure that nobody named."""

from typing import Any

from .patches import Fault, replaces

FAULT = Fault(
    moto="A Catch of a Parallel or Map gets empty texts for the error and the cause where a task "
    "in it failed without either.",
    since="5.0.16 or earlier",
    aws="Both are null, as in a Catch of the task itself. A failure that has an error and no cause "
    "gets an empty text for the cause.",
    known="Executions recorded on AWS: SendTaskFailure without an error, a timeout.",
)


@replaces("component.state.exec.execute_state:ExecutionState._construct_error_output_value")
def error_output(failure_event: Any) -> dict[str, Any]:
    """What a Catch gets as its input."""
    details = next(iter(failure_event.event_details.values()))
    unnamed = details.get("error") is None and details.get("cause") is None
    missing = None if unnamed else ""
    return {"Error": details.get("error", missing), "Cause": details.get("cause", missing)}
