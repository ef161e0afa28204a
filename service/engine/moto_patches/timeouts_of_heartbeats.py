from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSeconds

from .patches import Fault, wraps

FAULT = Fault(
    moto="moto gives a Task with heartbeats and no timeout one of 60 seconds.",
    since="5.0.16 or earlier",
    aws="A timeout that isn't given is of 99,999,999 seconds, with heartbeats too.",
    known="AWS's documents on the Task state.",
)


@wraps("component.state.exec.execute_state:ExecutionState.from_state_props")
def take_timeout(original: Callable[..., None], self: Any, state_props: Any) -> None:
    """The one that is given, or the default."""
    original(self, state_props)
    if isinstance(self.timeout, TimeoutSeconds) and self.timeout.is_default:
        seconds = TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS
        self.timeout = TimeoutSeconds(timeout_seconds=seconds, is_default=True)
