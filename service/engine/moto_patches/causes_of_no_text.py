"""Tells a cause as a text."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto gives an answer of EventBridge's for a cause, an object, and the execution stayed "
    "RUNNING.",
    since="5.0.16 or earlier",
    aws="A cause is a text: JSON where it was an object.",
    known="An execution recorded on AWS.",
)


@wraps("component.common.error_name.failure_event:FailureEvent.__init__")
def write_as_text(original: Callable[..., None], self: Any, *given: Any, **named: Any) -> None:
    """Errors too."""
    original(self, *given, **named)
    for details in (self.event_details or {}).values():
        for key in ("error", "cause"):
            if not isinstance(value := details.get(key), str | None):
                details[key] = to_json_str(value, separators=(",", ":"))
