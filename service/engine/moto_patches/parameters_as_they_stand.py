"""Gives a service the parameters of a Task in the shapes of its model, under its own names."""

import json
from typing import Any

from handrail.engine import service_models

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto sends the parameters of a Task as they stand in the definition, and looks for the "
    "service and the operation under the names they have there: fields in Pascal case, objects for "
    "a text or bytes, null and services such as `cloudwatchlogs` reach botocore, which knows "
    "other names and types.",
    since="5.0.16 or earlier",
    aws="Step Functions takes fields in Pascal case and names services by the SDK for Java, writes "
    "what stands for a text or for bytes as JSON without white space (a text for bytes in quotes), "
    "and takes null for a field that isn't given.",
    known="Executions recorded on AWS: the ETags of objects put into S3, starts with `Input` as an "
    "object or null, a put to DynamoDB with `Item` null.",
)

_SERVICE = "component.state.exec.state_task.service.state_task_service:StateTaskService"


def to_service(value: Any, shape: Any) -> Any:
    """As the service takes it. What fits no shape is left as it is, for the service to refuse."""
    match shape.type_name:
        case "string" if not isinstance(value, str):
            return _written(value)
        case "blob" if not isinstance(value, bytes):
            return _written(value).encode()
        case "structure" if isinstance(value, dict):
            return _fields(value, shape.members)
        case "list" if isinstance(value, list):
            return [to_service(item, shape.member) for item in value]
        case "map" if isinstance(value, dict):
            return {key: to_service(item, shape.value) for key, item in value.items()}
    return value


def member_names(members: Any) -> dict[str, str]:
    """The members of a structure by what a definition may call them, in small letters."""
    named = {name.lower(): name for name in members}
    return named | {service_models.sdk_field_name(name).lower(): name for name in members}


def _fields(given: dict[str, Any], members: Any) -> dict[str, Any]:
    names, found = member_names(members), {}
    for key, item in given.items():
        if item is not None:
            name = names.get(key.lower())
            found[name or key] = to_service(item, members[name]) if name else item
    return found


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@replaces(f"{_SERVICE}._get_boto_service_name")
def boto_service_name(self: Any, boto_service_name: str | None = None) -> str:
    """botocore's name of the service in the resource."""
    return service_models.botocore_name(boto_service_name or self.resource.api_name)


@replaces(f"{_SERVICE}._get_boto_service_action")
def boto_method_name(self: Any, service_action_name: str | None = None) -> str:
    """The method of botocore's client for the operation in the resource."""
    action = service_action_name or self.resource.api_action
    return service_models.method_name(self.resource.api_name, action)


@replaces(f"{_SERVICE}._normalise_parameters")
def shape_parameters(
    self: Any,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """In place, as moto's callers want it."""
    operation = service_models.operation_called(self, boto_service_name, service_action_name)
    if operation and operation.input_shape:
        sent = to_service(parameters, operation.input_shape)
        parameters.clear()
        parameters.update(sent)
