"""Takes every integration AWS has, and fails the tasks that the engine can't run as tasks."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported,
)

from handrail.engine.errors import NotServed

from .patches import Fault, replaces, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto refuses a state machine for an integration it doesn't know (`http:invoke`), or for "
    "a pattern that it lacks, and fails others with States.Runtime, which nothing catches.",
    since="5.0.16 or earlier",
    aws="AWS takes such a state machine. On the engine the task fails with Handrail.NotSupported "
    "once it is scheduled, as a task does: Retry and Catch take it for States.TaskFailed.",
    known="AWS's list of optimised integrations.",
)


@wraps("component.state.exec.state_task.state_task_factory:state_task_service_for")
def integrate(original: Callable[[str], Any], service_name: str) -> Any:
    """API Gateway's and HTTP's tasks call hosts that are not the engine's."""
    if service_name in {"apigateway", "http"}:
        return state_task_service_unsupported.StateTaskServiceUnsupported()
    return original(service_name)


@replaces(
    f"{SERVICE_TASK}_callback:StateTaskServiceCallback._assert_integration_pattern_is_supported"
)
def check_pattern_later(_: Any) -> None:
    """moto refuses the pattern before the state is entered."""


@wraps(f"{SERVICE_TASK}:StateTaskService._before_eval_execution")
def check_pattern(original: Callable[..., None], self: Any, **named: Any) -> None:
    """An integration that can't wait by its pattern fails once the task is scheduled."""
    original(self, **named)
    if named["env"].is_mocked_mode():
        return
    pattern = self.resource.condition
    if pattern is not None and pattern not in getattr(self, "_supported_integration_patterns", ()):
        raise NotServed(f"{self.resource.service_name}'s .{pattern}")
