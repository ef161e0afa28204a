"""Gives null for an item past the end of a list."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.core.json_path.path_reading import past_the_end

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto fails a payload template for an item past the end of a list, `$.items[5]`.",
    since="5.0.16 or earlier",
    aws="Its value is null there, alone of what isn't there; InputPath and the arguments of an"
    " intrinsic function fail.",
    known="Measured on AWS, as the tests of the emulator floci say.",
)


@wraps(
    "component.common.payload.payloadvalue.payloadbinding.payload_binding"
    ":PayloadBindingStringExpressionSimple._eval_val",
    "component.common.assign.assign_template_binding"
    ":AssignTemplateBindingStringExpressionSimple._eval_value",
)
def read_item(original: Callable[..., Any], self: Any, env: Any) -> Any:
    """Null for an item of a list that isn't as long."""
    try:
        return original(self, env)
    except NoSuchJsonPathError as error:
        if past_the_end(error.json_path, error.data):
            return None
        raise
