"""Shapes what service integrations send and answer, and fails those the engine can't run: they
work on AWS, so the definition is not refused.

Step Functions takes names in Pascal case, and JSON where the service has a text or bytes; it
answers in Pascal case, with a stream as a text."""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.response import StreamingBody
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported,
)

from handrail.engine.errors import NotServed

from .patches import replaces, wraps

_SERVICE = "component.state.exec.state_task.service.state_task_service"


def to_service(value: Any, shape: Any) -> Any:
    """As the service takes it. What fits no shape is left as it is, for the service to refuse."""
    match shape.type_name:
        case "string" if not isinstance(value, str):
            return json.dumps(value, separators=(",", ":"))
        case "blob" if not isinstance(value, bytes):
            return json.dumps(value, separators=(",", ":")).encode()
    return _reshaped(value, shape, to_service, str)


def to_step_functions(value: Any, shape: Any) -> Any:
    """As Step Functions gives it."""
    if isinstance(value, StreamingBody):
        value = value.read()
    if not isinstance(value, bytes):
        return _reshaped(value, shape, to_step_functions, lambda name: name[:1].upper() + name[1:])
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _reshaped(
    value: Any, shape: Any, reshape: Callable[[Any, Any], Any], rename: Callable[[str], str]
) -> Any:
    """Reshapes what stands in the value, by the model's names of a structure's members, renamed."""
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            members = {name.lower(): (name, member) for name, member in shape.members.items()}
            reshaped = {}
            for key, item in value.items():
                name, member = members.get(key.lower(), (key, None))
                reshaped[rename(name)] = item if member is None else reshape(item, member)
            return reshaped
        case "list" if isinstance(value, list):
            return [reshape(item, shape.member) for item in value]
        case "map" if isinstance(value, dict):
            return {key: reshape(item, shape.value) for key, item in value.items()}
    return value


@cache
def _model(service: str) -> Any:
    try:
        return ServiceModel(Loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return None


def _operation(
    task: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> Any:
    model = _model(task._get_boto_service_name(boto_service_name))
    wanted = task._get_boto_service_action(service_action_name).replace("_", "").lower()
    names = {name.lower(): name for name in model.operation_names} if model else {}
    return model.operation_model(names[wanted]) if wanted in names else None


@replaces(f"{_SERVICE}:StateTaskService._normalise_parameters")
def shape_parameters(self: Any, parameters: dict[str, Any], *called: str, **named: str) -> None:
    """moto sends what stands in the definition."""
    operation = _operation(self, *called, **named)
    if operation and operation.input_shape:
        sent = to_service(parameters, operation.input_shape)
        parameters.clear()
        parameters.update(sent)


@replaces(f"{_SERVICE}:StateTaskService._normalise_response")
def shape_response(self: Any, response: Any, *called: str, **named: str) -> None:
    """moto gives the response as it came, and of a stream its repr."""
    operation = _operation(self, *called, **named)
    if isinstance(response, dict) and operation and operation.output_shape:
        given = to_step_functions(response, operation.output_shape)
        response.clear()
        response.update(given)


@wraps(f"{_SERVICE}_aws_sdk:StateTaskServiceAwsSdk._normalise_service_error_name")
def name_service(original: Callable[[str], str], service_name: str) -> str:
    """`S3` of `S3.NoSuchKeyException`: moto gives the name as it stands in the resource."""
    name, model = original(service_name), _model(service_name)
    if name != service_name or model is None:
        return name
    words = str(model.service_id).split()
    return "".join(word.capitalize() if word.isupper() else word for word in words)


@wraps(f"{_SERVICE}_callback:StateTaskServiceCallback._evaluate_with_timeout")
def wait_by_a_new_token(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto uses the first attempt's token and answer for each attempt of a waiting task. Here each
    has its own, taken only while the attempt lasts."""
    if self.resource.condition != "waitForTaskToken":
        original(self, env)
        return
    context, tasks = env.states.context_object, env.callback_pool_manager
    if context.context_object_data["State"]["RetryCount"] > 0:
        tasks.add(context.update_task_token())
    task = tasks.get(context.context_object_data["Task"]["Token"])
    try:
        original(self, env)
    finally:
        task.interrupt_all()


@wraps("component.state.exec.state_task.state_task_factory:state_task_service_for")
def integrate(original: Callable[[str], Any], service_name: str) -> Any:
    """moto refuses some as the state machine is created, and fails others with States.Runtime."""
    if service_name in {"apigateway", "http"}:  # they call hosts that are not the engine's
        return state_task_service_unsupported.StateTaskServiceUnsupported()
    return original(service_name)


@replaces(f"{_SERVICE}_callback:StateTaskServiceCallback._assert_integration_pattern_is_supported")
def check_pattern_later(_: Any) -> None:
    """moto refuses the pattern before the state is entered."""


@wraps(f"{_SERVICE}:StateTaskService._before_eval_execution")
def check_pattern(original: Callable[..., None], self: Any, **named: Any) -> None:
    """An integration that can't wait by its pattern fails once the task is scheduled."""
    original(self, **named)
    if named["env"].is_mocked_mode():
        return
    pattern = self.resource.condition
    if pattern is not None and pattern not in self._supported_integration_patterns:
        raise NotServed(f"{self.resource.service_name}'s .{pattern}")
