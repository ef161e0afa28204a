"""What service integrations send and answer, in the shapes of the service's model.

Step Functions takes names in Pascal case, and JSON where the service has a text or bytes; it
answers in Pascal case, with a stream as a text. moto sends what stands in the definition and gives
a stream's repr: its `_normalise_parameters` and `_normalise_response` are empty.
"""

import base64
import json
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.response import StreamingBody
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501
    StateTaskServiceAwsSdk,
)

from .seam import Seam

_error_name = StateTaskServiceAwsSdk._normalise_service_error_name


def asked(value: Any, shape: Any) -> Any:
    """As the service takes it. What fits no shape is left as it is, for the service to refuse."""
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            names = {name.lower(): name for name in shape.members}
            known = {key: names.get(key.lower()) for key in value}
            return {
                name or key: asked(value[key], shape.members[name]) if name else value[key]
                for key, name in known.items()
            }
        case "list" if isinstance(value, list):
            return [asked(item, shape.member) for item in value]
        case "map" if isinstance(value, dict):
            return {key: asked(item, shape.value) for key, item in value.items()}
        case "string" if not isinstance(value, str):
            return json.dumps(value, separators=(",", ":"))
        case "blob" if not isinstance(value, bytes):
            return json.dumps(value, separators=(",", ":")).encode()
    return value


def answered(value: Any, shape: Any) -> Any:
    """As Step Functions gives it."""
    if isinstance(value, StreamingBody):
        value = value.read()
    if isinstance(value, bytes):
        return _text(value)
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            return {
                key[:1].upper() + key[1:]: answered(item, shape.members[key])
                if key in shape.members
                else item
                for key, item in value.items()
            }
        case "list" if isinstance(value, list):
            return [answered(item, shape.member) for item in value]
        case "map" if isinstance(value, dict):
            return {key: answered(item, shape.value) for key, item in value.items()}
    return value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


@cache
def _model(service: str) -> Any:
    try:
        return ServiceModel(Loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return None


def _operation(task: Any, service: str | None, action: str | None) -> Any:
    """The model of what the task calls, None where there is none."""
    model = _model(task._get_boto_service_name(service))
    wanted = task._get_boto_service_action(action).replace("_", "").lower()
    names = {name.lower(): name for name in model.operation_names} if model else {}
    return model.operation_model(names[wanted]) if wanted in names else None


def _send(
    self: Any,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    operation = _operation(self, boto_service_name, service_action_name)
    if operation is not None and operation.input_shape is not None:
        sent = asked(parameters, operation.input_shape)
        parameters.clear()
        parameters.update(sent)


def _answer(
    self: Any,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    operation = _operation(self, boto_service_name, service_action_name)
    if isinstance(response, dict) and operation is not None and operation.output_shape is not None:
        given = answered(response, operation.output_shape)
        response.clear()
        response.update(given)


def _named(service_name: str) -> str:
    """`S3` of `S3.NoSuchKeyException`: moto gives the name as it stands in the resource."""
    name: str = _error_name(service_name)
    model = _model(service_name)
    if name != service_name or model is None:
        return name
    words = str(model.service_id).split()
    return "".join(word.capitalize() if word.isupper() else word for word in words)


SEAMS: tuple[Seam, ...] = (
    (StateTaskService, "_normalise_parameters", _send),
    (StateTaskService, "_normalise_response", _answer),
    (StateTaskServiceAwsSdk, "_normalise_service_error_name", staticmethod(_named)),
)
