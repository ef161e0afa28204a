"""Names the errors of `aws-sdk` integrations as Step Functions does."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from handrail.engine import service_models

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK, FailedCall, read, task_failed

FAULT = Fault(
    moto="Moto knows the names of DynamoDB and Step Functions in errors, and names those of other "
    "services as the resource does (`s3.NoSuchKeyException`); an answer without a message, a "
    "status or a request id breaks the task's failure.",
    since="5.0.16 or earlier",
    aws="Step Functions gives the names of the SDK for Java: `S3.NoSuchKeyException`, "
    "`SecretsManager.ResourceNotFoundException`, and `SecretsManager.SecretsManagerException` for "
    "an error that isn't in the service's model.",
    known="Executions recorded on AWS: errors of S3, DynamoDB, Secrets Manager and Step Functions.",
)


_NOT_FOUND = {"headobject": "NoSuchKey", "headbucket": "NoSuchBucket"}
"""S3 answers a HEAD without a word; the SDK names what isn't there by the operation."""


def sdk_error(service: str, action: str, error: FailedCall) -> tuple[str, str]:
    """Its name and cause."""
    name, shape = service_models.sdk_service_name(service), error.shape
    if service.lower() == "s3" and error.status == HTTPStatus.NOT_FOUND:
        shape = _NOT_FOUND.get(action.lower(), shape)
    exception = service_models.sdk_exception_name(shape or name)
    about = [f"Service: {name}", f"Status Code: {error.status}", f"Request ID: {error.request_id}"]
    if error.extended_request_id:
        about.append(f"Extended Request ID: {error.extended_request_id}")
    return f"{name}.{exception}", f"{error.message} ({', '.join(about)}) (SDK Attempt Count: 1)"


@wraps(f"{SERVICE_TASK}_aws_sdk:StateTaskServiceAwsSdk._from_error")
def name_sdk_error(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """What is no answer of a service is moto's to report."""
    if isinstance(ex, ClientError):
        resource = self.resource
        named = sdk_error(resource.api_name, resource.api_action, read(ex))
        return task_failed(self, env, *named)
    return original(self, env, ex)
