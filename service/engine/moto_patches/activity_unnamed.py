"""Fails a task of an activity that isn't there with AWS's words."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .patches import Fault, wraps

FAULT = Fault(
    moto="The cause of a task whose activity doesn't exist has the words `activity_arn` where the "
    "activity's ARN belongs.",
    since="5.0.16 or earlier",
    aws="The cause names the activity.",
    known="Executions recorded on AWS.",
)

_ACTIVITY = "component.state.exec.state_task.state_task_activitiy:StateTaskActivity"


@wraps(f"{_ACTIVITY}._eval_execution")
def look_for_the_activity(original: Callable[..., None], self: Any, env: Any) -> None:
    """Before anything of the task is in the history."""
    activity_arn = self.resource.resource_arn
    if activity_arn not in env.activity_store:
        raise failure(env, f"The activity {activity_arn} does not exist.")
    original(self, env)
