"""Has services refuse a call that lacks what they require."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from moto.backend_index import backend_url_patterns

from handrail.engine import service_models
from handrail.engine.errors import text_of

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="A required parameter that is missing or null, and a value that no parameter may have, "
    "break botocore, whose checks moto leaves out, or moto's own services: the task fails with "
    "States.Runtime, which nothing catches.",
    since="5.0.16 or earlier",
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
_UNREADABLE = BotoCoreError, AttributeError, TypeError, LookupError
"""What botocore raises on values that no parameter may have."""
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
                raise _refusal(operation, *_missing(operation, member))
    try:
        original(self, env, **call)
    except _UNREADABLE as error:
        told = f"The parameters can't be sent: {type(error).__name__}: {text_of(error)}"
        raise _refusal(operation, "ValidationException", told) from error


@cache
def is_served(service: str) -> bool:
    """False for a service that moto lacks, or that isn't one of AWS's."""
    model = service_models.service_model(service)
    if model is None:
        return False
    url = f"http://{model.endpoint_prefix}.us-east-1.amazonaws.com"
    return any(pattern.match(url) for _, pattern in backend_url_patterns)


def _missing(operation: Any, member: str) -> tuple[str, str]:
    """The code and the message."""
    metadata = operation.service_model.metadata
    if "awsQueryCompatible" in metadata or metadata.get("protocol") in {"query", "ec2"}:
        return "MissingParameter", f"The request must contain the parameter {member}."
    null = f"Value null at '{member[:1].lower()}{member[1:]}'"
    constraint = "failed to satisfy constraint: Member must not be null"
    return "ValidationException", f"1 validation error detected: {null} {constraint}"


def _refusal(operation: Any, code: str, message: str) -> ClientError:
    about = {"HTTPStatusCode": 400, "RequestId": str(uuid4())}
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": about}
    return ClientError(response, operation.name if operation else "")
