"""Fails a task whose timeout is no number of seconds."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .field_names import field
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto takes what TimeoutSecondsPath and HeartbeatSecondsPath lead to for a number of "
    "seconds, whatever it is.",
    since="5.0.16 or earlier",
    aws="What is no positive integer fails the state with States.Runtime.",
    known="AWS's documents on the Task state: the path must select a positive integer.",
)
_TIMEOUTS = "component.common.timeouts"


@wraps(
    f"{_TIMEOUTS}.timeout:TimeoutSecondsPath._eval_seconds",
    f"{_TIMEOUTS}.heartbeat:HeartbeatSecondsPath._eval_seconds",
)
def read_seconds(original: Callable[..., int], self: Any, env: Any) -> int:
    """Seconds that are no positive integer are States.Runtime."""
    try:
        value = original(self, env)
    except (TypeError, ValueError):
        value = None
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    path = self.string_sampler.literal_value
    cause = f"The {field(self)} parameter does not reference a positive integer: {path}"
    raise failure(env, cause)
