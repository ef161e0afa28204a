"""Fails a task that sends to a queue whose URL has no host that could be."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK, task_failed

FAULT = Fault(
    moto="Whatever the URL of a queue, moto asks its own SQS for a queue of that name.",
    since="5.0.16 or earlier",
    aws="The SDK calls the URL; where its host doesn't exist the task fails with "
    "SQS.SdkClientException.",
    known="Executions recorded on AWS.",
)


@wraps(f"{SERVICE_TASK}_sqs:StateTaskServiceSqs._eval_service_task")
def look_at_the_host(original: Callable[..., None], self: Any, env: Any, **call: Any) -> None:
    """A host of one word is none, the computer's own apart."""
    url = str(call["normalised_parameters"].get("QueueUrl") or "")
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    if host and "." not in host and ":" not in host and host != "localhost":
        cause = f"Unable to execute HTTP request: {host}: Name or service not known"
        event = task_failed(self, env, "SQS.SdkClientException", cause)
        raise failure_event.FailureEventException(event)
    original(self, env, **call)
