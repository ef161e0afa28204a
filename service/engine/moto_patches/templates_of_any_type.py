"""Takes payload templates that are no objects."""

from collections.abc import Callable
from typing import Any

from handrail.core.definition.definition import QueryLanguage

from .definitions_rewritten import with_states_changed
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses Parameters, a ResultSelector and an ItemSelector that are no"
    " object, and Credentials that are one expression.",
    since="5.0.16 or earlier",
    aws="A payload template may be an array, with templates in it, or one value; a JSONata state's"
    " ItemSelector and Credentials may be one expression.",
    known="A published definition, the tests of the emulator floci, which follow AWS, and the"
    " schema of AWS's editors.",
)
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")
_ALONE = "\N{ZERO WIDTH SPACE}alone"
"""The one field of the object that stands for another value."""


def with_objects(definition: str) -> str:
    """The same definition, as moto's grammar can read it."""
    if any(f'"{name}"' in definition for name in (*_TEMPLATES, "Credentials")):
        return with_states_changed(definition, _make_objects)
    return definition


def _make_objects(raw: dict[str, Any], language: QueryLanguage) -> bool:
    others = [name for name in _TEMPLATES if name in raw and not isinstance(raw[name], dict)]
    raw.update({name: {_ALONE: raw[name]} for name in others})
    expression = raw.get("Credentials")
    if language is QueryLanguage.JSONATA and isinstance(expression, str):
        inner = expression.removeprefix("{%").removesuffix("%}")
        raw["Credentials"] = {"RoleArn": "{% (" + inner + ").RoleArn %}"}
        return True
    return bool(others)


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_objects(original: Callable[[str], Any], definition: str) -> Any:
    """Takes definitions whose templates are of any type."""
    return original(with_objects(definition))


@wraps(
    "component.common.payload.payloadvalue.payloadtmpl.payload_tmpl:PayloadTmpl._eval_body",
    "component.state.exec.state_map.item_selector:ItemSelector._eval_body",
)
def evaluate_template(original: Callable[..., None], self: Any, env: Any) -> None:
    """Gives the value that the object stands for."""
    original(self, env)
    if isinstance(found := env.stack[-1], dict) and found.keys() == {_ALONE}:
        env.stack.append(env.stack.pop()[_ALONE])
