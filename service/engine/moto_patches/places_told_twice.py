"""Tells once where a failure happened."""

from collections.abc import Callable
from typing import Any

from .failures import WHERE
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto puts where a Parallel or Map is before where the state in its branch is.",
    since="5.0.16 or earlier",
    aws="The cause names the innermost state alone.",
    known="Measured on AWS, as the tests of the emulator floci say.",
)


@wraps(
    "component.common.error_name.failure_event"
    ":FailureEventException.get_execution_failed_event_details"
)
def say_once_where(original: Callable[[Any], Any], self: Any) -> Any:
    """moto puts where a Parallel or Map is before where the state in its branch is."""
    details = original(self)
    _, cause = self.extract_error_cause_pair() or (None, None)
    if details and cause and cause.startswith(WHERE):
        details["cause"] = cause
    return details
