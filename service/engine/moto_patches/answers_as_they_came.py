"""Gives the answer of a service as Step Functions does: its names, times and bytes."""

import base64
from datetime import UTC, datetime
from typing import Any

from botocore.response import StreamingBody

from handrail.engine import service_models

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto gives the answer of a service as botocore reads it, with the names of the service's "
    "model, and Python's own text for a time, for bytes and for a stream.",
    since="5.0.16 or earlier",
    aws="Step Functions gives fields in Pascal case, a stream and bytes as text, and times as an "
    "RFC 3339 text in the `aws-sdk` integrations, as milliseconds since 1970 in the optimised "
    "ones. Capitals at the beginning of a name are one word in the `aws-sdk` integrations alone: "
    "DynamoDB's `BOOL` and `NULL` are `Bool` and `Nul` there.",
    known="Executions recorded on AWS (S3, DynamoDB, ECS, nested executions); reports of "
    "`Bool` and `Nul` at AWS's SDKs (aws-sdk-js 4294, boto3 4253).",
)

_SERVICE = "component.state.exec.state_task.service.state_task_service:StateTaskService"


def to_step_functions(value: Any, shape: Any, *, sdk: bool) -> Any:
    """`sdk`: of an `aws-sdk` integration. Objects and arrays are changed in place: moto hands on
    parts of an answer. Fields are in the order of their names. What is not in the model keeps its
    name."""
    if isinstance(value, StreamingBody):
        value = value.read()
    if isinstance(value, bytes | bytearray):
        return _text(bytes(value))
    if isinstance(value, datetime):
        return _time(value, sdk=sdk)
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            rename = service_models.sdk_field_name if sdk else service_models.field_name
            named = {}
            for key, item in value.items():
                known = key in shape.members
                name = rename(key) if known else key
                named[name] = (
                    to_step_functions(item, shape.members[key], sdk=sdk) if known else item
                )
            value.clear()
            value.update(sorted(named.items()))
        case "list" if isinstance(value, list):
            value[:] = [to_step_functions(item, shape.member, sdk=sdk) for item in value]
        case "map" if isinstance(value, dict):
            for key, item in value.items():
                value[key] = to_step_functions(item, shape.value, sdk=sdk)
    return value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _time(at: datetime, *, sdk: bool) -> str | int:
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    milliseconds = at.microsecond // 1000
    if not sdk:
        return int(at.replace(microsecond=0).timestamp()) * 1000 + milliseconds
    fraction = f".{milliseconds:03}" if milliseconds else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


@replaces(f"{_SERVICE}._normalise_response")
def shape_response(
    self: Any,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """In place, as moto's callers want it."""
    operation = service_models.operation_called(self, boto_service_name, service_action_name)
    if isinstance(response, dict) and operation and operation.output_shape:
        sdk = self.resource.service_name == "aws-sdk"
        to_step_functions(response, operation.output_shape, sdk=sdk)
