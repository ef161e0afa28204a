"""Has services refuse a call that lacks what they require."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError
from moto.backend_index import backend_url_patterns

from handrail.engine import service_models

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="A required parameter that is missing or null breaks botocore, whose checks moto leaves "
    "out, or moto's own services: the task fails with States.Runtime, which nothing catches.",
    since="5.0.16",
    aws="The service refuses the call: by a ValidationException that names the member, or by "
    "MissingParameter where it speaks AWS's query protocol.",
    known="Executions recorded on AWS: a put to DynamoDB without an item, a message to SQS "
    "without a body.",
)

_CALLS = (
    "aws_sdk:StateTaskServiceAwsSdk",
    "batch:StateTaskServiceBatch",
    "dynamodb:StateTaskServiceDynamoDB",
    "ecs:StateTaskServiceEcs",
    "events:StateTaskServiceEvents",
    "glue:StateTaskServiceGlue",
    "lambda:StateTaskServiceLambda",
    "sfn:StateTaskServiceSfn",
    "sns:StateTaskServiceSns",
    "sqs:StateTaskServiceSqs",
    "unsupported:StateTaskServiceUnsupported",
)
CALL_PLACES = tuple(f"{SERVICE_TASK}_{name}._eval_service_task" for name in _CALLS)
"""Where a task calls its service, if nobody stands in."""


@wraps(*CALL_PLACES)
def check_call(original: Callable[..., None], self: Any, env: Any, **call: Any) -> None:
    """What the engine doesn't serve isn't checked."""
    service = self.resource.api_name
    operation = service_models.operation_model(service, self.resource.api_action)
    if operation and operation.input_shape and is_served(service):
        given, made_up = call["normalised_parameters"], set(operation.idempotent_members)
        for member in operation.input_shape.required_members:
            if given.get(member) is None and member not in made_up:
                raise _refusal(operation, member)
    original(self, env, **call)


@cache
def is_served(service: str) -> bool:
    """False for a service that moto lacks, or that isn't one of AWS's."""
    model = service_models.service_model(service)
    if model is None:
        return False
    url = f"http://{model.endpoint_prefix}.us-east-1.amazonaws.com"
    return any(pattern.match(url) for _, pattern in backend_url_patterns)


def _refusal(operation: Any, member: str) -> ClientError:
    metadata = operation.service_model.metadata
    if "awsQueryCompatible" in metadata or metadata.get("protocol") in {"query", "ec2"}:
        code, message = "MissingParameter", f"The request must contain the parameter {member}."
    else:
        null = f"Value null at '{member[:1].lower()}{member[1:]}'"
        constraint = "failed to satisfy constraint: Member must not be null"
        code, message = "ValidationException", f"1 validation error detected: {null} {constraint}"
    about = {"HTTPStatusCode": 400, "RequestId": str(uuid4())}
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": about}
    return ClientError(response, operation.name)
