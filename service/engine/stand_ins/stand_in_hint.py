"""Says what to write where for a task that the engine can't run."""

import json
import re

from handrail.engine.service_models import operation_model

from .output_shapes import example

_OPERATION = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:(?:aws-sdk:)?([^:]+):([^:.]+)")


def stand_in_hint(state: str, resource: str) -> str:
    """A sentence with a line that can be copied into machine.json."""
    match = _OPERATION.fullmatch(resource)  # what a job or a callback ends with is anything
    operation = operation_model(match[1], match[2]) if match else None
    answer = json.dumps({state: {"return": example(operation)}}, ensure_ascii=False)
    return f'Give it an answer in machine.json: "stand_ins": {answer}'
