"""Fails a task of an activity that isn't there with AWS's words."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event

from .failures import failure
from .patches import Fault, wraps

FAULT = Fault(
    moto="The cause of a task whose activity doesn't exist has the words `activity_arn` where the "
    "activity's ARN belongs.",
    since="5.0.16 or earlier",
    aws="The cause names the activity.",
    known="Executions recorded on AWS.",
)

_WORDS = "The activity activity_arn does not exist."


@wraps("component.state.exec.state_task.state_task_activitiy:StateTaskActivity._eval_execution")
def name_the_activity(original: Callable[..., None], self: Any, env: Any) -> None:
    """Where nobody stands in for its workers."""
    try:
        original(self, env)
    except failure_event.FailureEventException as error:
        told = error.failure_event.event_details.get("executionFailedEventDetails") or {}
        if told.get("cause") != _WORDS:
            raise
        named = _WORDS.replace("activity_arn", self.resource.resource_arn)
        raise failure(env, named) from error
