"""Reads errors of services, whatever shape they have, and fails tasks with them."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event

from handrail.engine.errors import NotServed

_BROKEN = 500
_MOST_TOLD = 500
SERVICE_TASK = "component.state.exec.state_task.service.state_task_service"


@dataclass(frozen=True, slots=True)
class FailedCall:
    """`shape` is the error's in the service's model, None for one that isn't there."""

    shape: str | None
    code: str
    message: str
    status: int
    request_id: str
    extended_request_id: str | None


def read(error: ClientError) -> FailedCall:
    """What a service leaves out is said to be unknown: no odd answer may break its task."""
    response: dict[str, Any] = dict(error.response or {})
    said, about = response.get("Error") or {}, response.get("ResponseMetadata") or {}
    shape = type(error).__name__
    return FailedCall(
        shape=None if shape == "ClientError" else shape,
        code=str(said.get("Code") or "Unknown"),
        message=str(said.get("Message") or "null"),
        status=int(about.get("HTTPStatusCode") or 500),
        request_id=str(about.get("RequestId") or "null"),
        extended_request_id=about.get("HostId"),
    )


def refuse_broken(response_dict: Any, operation_model: Any, **_: Any) -> None:
    """To be told of answers before they are read (botocore's `before-parse`): what a service that
    broke says is no answer in its protocol, so reading it would break the task too."""
    status = int(response_dict["status_code"])
    if status >= _BROKEN and status != NotServed.STATUS:
        raw = response_dict.get("body") or b""
        text = raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
        about = {"HTTPStatusCode": status}
        said = {"Code": "InternalServerError", "Message": _message(text)}
        response: Any = {"Error": said, "ResponseMetadata": about}
        raise ClientError(response, operation_model.name)


def _message(text: str) -> str:
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    message = parsed.get("message") if isinstance(parsed, dict) else None
    return message if isinstance(message, str) else text[:_MOST_TOLD]


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
