"""Takes payload templates that are arrays."""

import json
from collections.abc import Callable
from typing import Any

from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidDefinition

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses Parameters and a ResultSelector that are an array.",
    since="5.0.16 or earlier",
    aws="A payload template may be an array, with templates in it.",
    known="A published definition, and the tests of the emulator floci, which follow AWS.",
)
_TEMPLATES = ("Parameters", "ResultSelector")
_LIST = "\N{ZERO WIDTH SPACE}list"
"""The one field of the object that stands for an array."""


def with_objects_for_lists(definition: str) -> str:
    """The same definition, as moto's grammar can read it."""
    if not any(f'"{name}"' in definition for name in _TEMPLATES):
        return definition
    try:
        whole, changed = Definition.parse(definition), False
    except InvalidDefinition:
        return definition  # the grammar's to refuse
    for state in whole.all_states:
        raw: Any = state.raw
        for name in _TEMPLATES:
            if isinstance(template := raw.get(name), list):
                raw[name], changed = {_LIST: template}, True
    return json.dumps(whole.raw, ensure_ascii=False) if changed else definition


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_lists(original: Callable[[str], Any], definition: str) -> Any:
    """Takes definitions whose templates are arrays."""
    return original(with_objects_for_lists(definition))


@wraps("component.common.payload.payloadvalue.payloadtmpl.payload_tmpl:PayloadTmpl._eval_body")
def evaluate_template(original: Callable[..., None], self: Any, env: Any) -> None:
    """Gives the array that the object stands for."""
    original(self, env)
    if env.stack[-1].keys() == {_LIST}:
        env.stack.append(env.stack.pop()[_LIST])
