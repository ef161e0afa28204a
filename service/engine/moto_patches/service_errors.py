"""Reads errors of services, whatever shape they have, and fails tasks with them."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event

SERVICE_TASK = "component.state.exec.state_task.service.state_task_service"


@dataclass(frozen=True, slots=True)
class ServiceError:
    """`shape` is the error's in the service's model, None for one that isn't there."""

    shape: str | None
    code: str
    message: str
    status: int
    request_id: str
    extended_request_id: str | None


def read(error: ClientError) -> ServiceError:
    """What a service leaves out is said to be unknown: no odd answer may break its task."""
    response: dict[str, Any] = dict(error.response or {})
    said, about = response.get("Error") or {}, response.get("ResponseMetadata") or {}
    shape = type(error).__name__
    return ServiceError(
        shape=None if shape == "ClientError" else shape,
        code=str(said.get("Code") or "Unknown"),
        message=str(said.get("Message") or "null"),
        status=int(about.get("HTTPStatusCode") or 500),
        request_id=str(about.get("RequestId") or "null"),
        extended_request_id=about.get("HostId"),
    )


def task_failed(task: Any, env: Any, error: str, cause: str) -> Any:
    """The event a service integration fails with."""
    details = {
        "resource": task._get_sfn_resource(),
        "resourceType": task._get_sfn_resource_type(),
        "error": error,
        "cause": cause,
    }
    name = names.CustomErrorName(error)
    event_details = {"taskFailedEventDetails": details}
    return failure_event.FailureEvent(env, name, HistoryEventType.TaskFailed, event_details)
