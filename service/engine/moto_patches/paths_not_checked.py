"""Refuses definitions whose paths can't be read."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode

from handrail.core.json_path.path_syntax import MalformedPath
from handrail.core.json_path.references import parse_reference

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto takes any text that begins with `$` for a path; one that can't be read fails the"
    " execution when its state is reached.",
    since="5.0.16 or earlier",
    aws="CreateStateMachine refuses it with SCHEMA_VALIDATION_FAILED.",
    known="AWS's own validation, as its published examples of ValidateStateMachineDefinition show.",
)


@wraps("component.common.string.string_expression:StringJsonPath.__init__")
def check_path(original: Callable[..., None], self: Any, json_path: str) -> None:
    """Raises ValueError, which refuses the definition."""
    original(self, json_path)
    _check(json_path)


@wraps("component.common.string.string_expression:StringVariableSample.__init__")
def check_variable(
    original: Callable[..., None], self: Any, query_language_mode: Any, expression: str
) -> None:
    """The path into a variable of a JSONPath state."""
    original(self, query_language_mode, expression)
    if query_language_mode is QueryLanguageMode.JSONPath:
        _check(expression)


@wraps(
    "component.common.payload.payloadvalue.payloadbinding.payload_binding"
    ":PayloadBindingValue.__init__"
)
def check_field(original: Callable[..., None], self: Any, field: str, payload_value: Any) -> None:
    """moto sends what follows a name in `.$` and is no path as it stands, `.$` included."""
    original(self, field, payload_value)
    if field.endswith(".$"):
        whole = f"The value for the field '{field}' must be a valid JSONPath"
        raise ValueError(f"{whole} or a valid intrinsic function call")


@wraps("component.state.choice.comparison.comparison_func:ComparisonFuncValue.__init__")
def check_operand(original: Callable[..., None], self: Any, operator_type: Any, value: Any) -> None:
    """What a Choice rule compares with, where that is a path."""
    original(self, operator_type, value)
    name = operator_type.name
    if name.endswith("Path") and not (isinstance(value, str) and value.startswith("$")):
        raise ValueError(f"The value for the field '{name}' must be a valid JSONPath")
    if name.endswith("Path"):
        _check(value)


def _check(path: str) -> None:
    try:
        parse_reference(path)
    except MalformedPath as error:
        raise ValueError(f"The value must be a valid JSONPath: {error}") from error
