"""Tells in an answer how the service was called, as the optimised integrations do."""

import re
from collections.abc import Callable
from email.utils import formatdate
from threading import local
from typing import Any

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto drops the metadata of a call from its answer.",
    since="5.0.16 or earlier",
    aws="Answers of the optimised integrations, EventBridge's apart, have `SdkHttpMetadata` (the "
    "headers and the status) and `SdkResponseMetadata` (the request id). A job that was waited for "
    "(`.sync`) has them in TaskSubmitted alone.",
    known="Executions recorded on AWS: DynamoDB, ECS, Lambda, SNS, SQS and nested executions.",
)

_WITHOUT = {"aws-sdk", "events"}
_OWN = re.compile(r"(server|connection|access-control-.*)$", re.IGNORECASE)
"""Headers of the engine's server that AWS's services don't send, or say otherwise."""
_AS_AWS_HAS_IT = {"x-amzn-requestid": "x-amzn-RequestId"}
_last = local()


def note_call(http_response: Any, **_: Any) -> None:
    """To be told of each call a task's client has done (botocore's `after-call`)."""
    came = {str(name): str(value) for name, value in http_response.headers.items()}
    kept = {name: value for name, value in came.items() if not _OWN.match(name)}
    headers = {_AS_AWS_HAS_IT.get(name.lower(), name): value for name, value in kept.items()}
    headers = {"Connection": "keep-alive", "Date": formatdate(usegmt=True)} | headers
    request_id = headers.get("x-amzn-RequestId") or headers.get("x-amz-request-id")
    _last.metadata = {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": dict(sorted(headers.items(), key=lambda header: header[0].lower())),
            "HttpStatusCode": http_response.status_code,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }


@wraps(f"{SERVICE_TASK}:StateTaskService._normalise_parameters")
def forget_earlier_calls(
    original: Callable[..., None], self: Any, *given: Any, **named: Any
) -> None:
    """A task's thread calls its service after this, if nobody stands in."""
    _last.metadata = None
    original(self, *given, **named)


@wraps(f"{SERVICE_TASK}:StateTaskService._normalise_response")
def add_metadata(
    original: Callable[..., None], self: Any, response: Any, *given: Any, **named: Any
) -> None:
    """moto normalises the answer last of all by the resource's own names."""
    original(self, response, *given, **named)
    metadata = getattr(_last, "metadata", None)
    last_of_all = not any(given) and not any(named.values())
    if metadata and last_of_all and isinstance(response, dict):
        _last.metadata = None
        if self.resource.service_name not in _WITHOUT:
            told = sorted((response | metadata).items())
            response.clear()
            response.update(told)
