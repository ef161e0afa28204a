"""Fails a task that the engine can't run so that it can be caught."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.eval.callback import callback

from handrail.engine.errors import NotServed
from handrail.engine.stand_ins.stand_in_hint import stand_in_hint

from .failures import NOT_SUPPORTED, MissedHeartbeat
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto fails a task that it can't run with States.Runtime, which Retry and Catch don't "
    "take, and forgets that a missed heartbeat has a name of its own.",
    since="5.0.16 or earlier",
    aws="A task that fails can be caught; States.HeartbeatTimeout names a missed heartbeat in "
    "Retry and Catch.",
    known="AWS's documents on error names. What can't be run is Handrail.NotSupported, which AWS "
    "has not.",
)
_TASK = "component.state.exec.state_task"


@wraps(
    f"{_TASK}.state_task:StateTask._from_error",
    f"{_TASK}.state_task_activitiy:StateTaskActivity._from_error",
)
def report_task_failure(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """moto fails what it can't run with States.Runtime, which Retry and Catch don't take, and
    forgets which name a missed heartbeat has."""
    if isinstance(ex, NotServed):
        resource = self.resource.resource_arn
        said = stand_in_hint(env.next_state_name, resource)
        details = {
            "resource": self._get_sfn_resource(),
            "resourceType": self._get_sfn_resource_type(),
            "error": NOT_SUPPORTED,
            "cause": f"{ex.message} The task's resource is {resource}. {said}",
        }
        event_details = {"taskFailedEventDetails": details}
        name = names.CustomErrorName(NOT_SUPPORTED)
        return failure_event.FailureEvent(env, name, HistoryEventType.TaskFailed, event_details)
    event = original(self, env, ex)
    if isinstance(ex, callback.HeartbeatTimeoutError):
        event.error_name = MissedHeartbeat()
    return event
