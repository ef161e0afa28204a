"""Tells by which event the state that failed was entered."""

from collections.abc import Callable
from typing import Any

from handrail.engine.step_functions.tracks import entered_event_id

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto tells the last event of the state, or of what is in it, for the one the state was "
    "entered by.",
    since="5.0.16 or earlier",
    aws="Causes say where: (entered at the event id #2).",
    known="Executions recorded on AWS, and measurements that the emulator floci's tests describe.",
)


@wraps("component.common.error_name.failure_event:FailureEvent.__init__")
def point_at_the_entry(
    original: Callable[..., None], self: Any, env: Any, *a: Any, **n: Any
) -> None:
    """The entry of the state at hand."""
    original(self, env, *a, **n)
    self.source_event_id = entered_event_id(env.event_history_context)
