"""Fails a task whose parameters its service can't take."""

import json
from collections.abc import Iterator
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported as unsupported,
)

from handrail.engine import service_models

from .failures import failure
from .parameters_as_they_stand import member_names
from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto drops the parameters of an optimised integration that it has no list of "
    "(`InvocationType` of `lambda:invoke`), sends unknown ones of an `aws-sdk` integration, and "
    "breaks on an object where the service takes a list.",
    since="5.0.16 or earlier",
    aws="AWS refuses the definition; where names are known at run time only, the state fails with "
    "States.Runtime before its task is scheduled, and the cause names the fields.",
    known="AWS's documents on passing parameters; causes in logs of several projects.",
)

_KINDS = {"structure": ("an OBJECT", dict), "map": ("an OBJECT", dict), "list": ("a LIST", list)}


@replaces("component.state.exec.state_task.state_task:StateTask._eval_parameters")
def evaluate_parameters(self: Any, env: Any) -> Any:
    """All of them, whatever the service makes of them."""
    parameters: Any = {}
    if self.parargs is not None:
        self.parargs.eval(env=env)
        parameters = env.stack.pop()
    problems = (
        []
        if isinstance(self, unsupported.StateTaskServiceUnsupported)
        else _problems(self.resource, parameters)
    )
    if problems:
        given = json.dumps(parameters, separators=(",", ":"), ensure_ascii=False, default=str)
        if token := env.states.context_object.context_object_data.get("Task", {}).get("Token"):
            given = given.replace(token, "[redacted]")  # no error may tell a token
        told = f"could not be used to start the Task: [{', '.join(problems)}]"
        raise failure(env, f"The Parameters '{given}' {told}")
    return parameters


def _problems(resource: Any, parameters: Any) -> list[str]:
    operation = service_models.operation_model(resource.api_name, resource.api_action)
    if operation is None:  # the engine doesn't serve it, and says so once it is called
        return []
    if not isinstance(parameters, dict):
        return ["The value of the field 'Parameters' has to be an OBJECT"]
    shape = operation.input_shape
    return list(problems_of(parameters, shape)) if shape else []


def problems_of(value: Any, shape: Any, field: str = "") -> Iterator[str]:
    """What the service doesn't know, and what is of another type than it takes."""
    kind, wanted = _KINDS.get(shape.type_name, ("", None))
    if value is None or wanted is None or getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, wanted):
        yield f"The value for the field '{field}' must be {kind}"
    elif shape.type_name == "list":
        for item in value:
            yield from problems_of(item, shape.member, field)
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from problems_of(item, shape.value, key)
    else:
        names = member_names(shape.members)
        for key, item in value.items():
            if (name := names.get(key.lower())) is None:
                yield f"The field '{key}' is not supported by Step Functions"
            else:
                yield from problems_of(item, shape.members[name], key)
