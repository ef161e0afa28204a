"""Lets a task with a heartbeat run as long as one without."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.timeouts.heartbeat import Heartbeat
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import Timeout, TimeoutSeconds

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto ends a task that has HeartbeatSeconds and no TimeoutSeconds after a minute, "
    "whatever its heartbeats.",
    since="5.0.16 or earlier",
    aws="The timeout of such a task is 99,999,999 seconds, as of any other without one.",
    known="AWS's documents on the fields of a Task.",
)


@wraps("component.state.exec.execute_state:ExecutionState.from_state_props")
def take_fields(original: Callable[..., None], self: Any, state_props: Any) -> None:
    """The fields of a state as its definition has them."""
    original(self, state_props)
    if state_props.get(Heartbeat) is not None and state_props.get(Timeout) is None:
        longest = TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS
        self.timeout = TimeoutSeconds(timeout_seconds=longest, is_default=True)
