"""Names the errors of optimised integrations as Step Functions does."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask

from .patches import Fault, replaces, wraps
from .service_errors import SERVICE_TASK, FailedCall, read, task_failed

FAULT = Fault(
    moto="Moto names an error of an optimised integration by its code, whether the service's model "
    "has it or not, doubles the `Exception` at the end of some of Step Functions' own, takes every "
    "error of SQS for one of the client, every exception in a DynamoDB task, a timeout too, for "
    "one of DynamoDB, and has no name at all for those of ECS.",
    since="5.0.16 or earlier",
    aws="Step Functions gives the names of the SDK for Java, version 1: "
    "`DynamoDB.ConditionalCheckFailedException`, "
    "`StepFunctions.StateMachineDoesNotExistException`, and `DynamoDB.AmazonDynamoDBException` "
    "for an error that isn't in the service's model.",
    known="Executions recorded on AWS: errors of DynamoDB, Lambda, SQS, SNS and Step Functions.",
)

_NAMES = {
    "batch": ("Batch", "AWSBatch", "AWSBatch"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDB", "AmazonDynamoDBv2"),
    "ecs": ("ECS", "AmazonECS", "AmazonECS"),
    "events": ("EventBridge", "AmazonEventBridge", "AmazonEventBridge"),
    "glue": ("Glue", "AWSGlue", "AWSGlue"),
    "lambda": ("Lambda", "AWSLambda", "AWSLambda"),
    "sns": ("SNS", "AmazonSNS", "AmazonSNS"),
    "sqs": ("SQS", "AmazonSQS", "AmazonSQS"),
    "states": ("StepFunctions", "AWSStepFunctions", "AWSStepFunctions"),
}
"""What an error's name begins with, what one that isn't in the model is called, what a cause calls
the service."""


def optimised_error(service: str, error: FailedCall) -> tuple[str, str]:
    """Its name and cause."""
    prefix, unknown, called = _NAMES.get(service, (service, service, service))
    shape = (error.shape or unknown).removesuffix("Exception")
    about = (
        f"Service: {called}; Status Code: {error.status}; Error Code: {error.code}; "
        f"Request ID: {error.request_id}; Proxy: null"
    )
    return f"{prefix}.{shape}Exception", f"{error.message} ({about})"


@wraps(
    f"{SERVICE_TASK}_callback:StateTaskServiceCallback._from_error",
    f"{SERVICE_TASK}_batch:StateTaskServiceBatch._from_error",
    f"{SERVICE_TASK}_glue:StateTaskServiceGlue._from_error",
    f"{SERVICE_TASK}_lambda:StateTaskServiceLambda._from_error",
    f"{SERVICE_TASK}_sfn:StateTaskServiceSfn._from_error",
    f"{SERVICE_TASK}_sns:StateTaskServiceSns._from_error",
    f"{SERVICE_TASK}_sqs:StateTaskServiceSqs._from_error",
)
def name_optimised_error(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """What is no answer of a service is moto's to report."""
    if isinstance(ex, ClientError):
        return task_failed(self, env, *optimised_error(self.resource.service_name, read(ex)))
    return original(self, env, ex)


@replaces(f"{SERVICE_TASK}_dynamodb:StateTaskServiceDynamoDB._from_error")
def name_dynamodb_error(self: Any, env: Any, ex: Exception) -> Any:
    """moto lets no exception through to what reports a timeout or what the engine doesn't serve."""
    if isinstance(ex, ClientError):
        return task_failed(self, env, *optimised_error("dynamodb", read(ex)))
    return StateTask._from_error(self, env, ex)
