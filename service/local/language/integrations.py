"""Service integrations the engine can't run.

On AWS they work, so here they are no mistake of the definition's: they fail as tasks do, by a name
of their own, for Retry and Catch to take. moto refuses some as the state machine is created, and
fails others with States.Runtime, which no wildcard takes, and with the repr of what it lacked.
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_unsupported import (  # noqa: E501
    StateTaskServiceUnsupported,
)

from service.local.errors import NotServed

from .seam import Seam

NOT_SUPPORTED = "Handrail.NotSupported"
_ELSEWHERE = {"apigateway", "http"}
"""They call hosts that are not the engine's."""

_integration = state_task_factory.state_task_service_for


def unsupported(task: Any, env: Any, error: NotServed) -> FailureEvent:
    """How the task fails."""
    details = TaskFailedEventDetails(
        resource=task._get_sfn_resource(),
        resourceType=task._get_sfn_resource_type(),
        error=NOT_SUPPORTED,
        cause=f"{error.message} The task's resource is {task.resource.resource_arn}.",
    )
    return FailureEvent(
        env=env,
        error_name=CustomErrorName(NOT_SUPPORTED),
        event_type=HistoryEventType.TaskFailed,
        event_details={"taskFailedEventDetails": details},
    )


def _integrated(service_name: str) -> Any:
    return (
        StateTaskServiceUnsupported() if service_name in _ELSEWHERE else _integration(service_name)
    )


def _scheduled(schedule: Callable[..., None]) -> Callable[..., None]:
    """For every integration: the patterns it can't wait by, once the task is scheduled."""

    def before(self: Any, **named: Any) -> None:
        schedule(self, **named)
        pattern = self.resource.condition
        if pattern is not None and pattern not in self._supported_integration_patterns:
            raise NotServed(f"{self.resource.service_name}'s .{pattern}")

    return before


def _later(_: Any) -> None:
    """moto refuses the pattern before the state is entered."""


SEAMS: tuple[Seam, ...] = (
    (state_task_factory, "state_task_service_for", _integrated),
    (StateTaskServiceCallback, "_assert_integration_pattern_is_supported", _later),
    (
        StateTaskService,
        "_before_eval_execution",
        _scheduled(StateTaskService._before_eval_execution),
    ),
)
