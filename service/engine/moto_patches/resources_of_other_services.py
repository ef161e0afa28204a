"""Takes a Task whatever its resource: what can't be run fails when it is entered."""

from collections.abc import Callable
from typing import Any

from antlr4 import RecognitionException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    Resource,
    ResourceARN,
    ServiceResource,
)

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto refuses a definition with a Task of a service integration that it doesn't know, or "
    "whose Resource is neither one, a Lambda function nor an activity.",
    since="5.0.16 or earlier",
    aws="Step Functions takes the resources there are, and new ones join them. Here a Task may "
    "have any, also one that is yet to be filled in: it can be stood in for, and else fails as a "
    "task, by Handrail.NotSupported.",
    known="Published state machines of AWS's own, with bedrockagentcore:invokeHarness.",
)
_TASK = "component.state.exec.state_task"


@wraps(f"{_TASK}.service.resource:Resource.from_resource_arn")
def resource_of(original: Callable[[str], Resource | None], arn: str) -> Any:
    """moto answers None, which it then calls a missing Resource."""
    unfilled = "${" in arn  # a placeholder's colons are none of the ARN's
    if not unfilled and (resource := original(arn)) is not None:
        return resource
    named = ResourceARN.from_arn(arn)
    parts = (named.region, named.account, named.service or "unknown", named.name, None)
    if unfilled:
        parts = ("", "", "unknown", arn, None)
    return ServiceResource(ResourceARN(arn, named.partition, "states", *parts))


@wraps(f"{_TASK}.state_task_factory:state_task_service_for")
def service_for(original: Callable[[str], Any], service_name: str) -> Any:
    """moto raises for a service that it doesn't know."""
    try:
        return original(service_name)
    except RecognitionException:
        return state_task_service_unsupported.StateTaskServiceUnsupported()
