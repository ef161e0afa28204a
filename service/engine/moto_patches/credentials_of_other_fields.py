"""Takes Credentials whatever fields they have."""

from collections.abc import Callable
from typing import Any

from .definitions_rewritten import with_states_changed
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses Credentials without RoleArn, or with a field besides.",
    since="5.0.16 or earlier",
    aws="Credentials are a payload template, whose fields aren't the language's. A task of AWS's"
    " own needs RoleArn there, and takes others.",
    known="The Amazon States Language specification, and definitions that are valid in the tests of"
    " statelint and asl-validator.",
)
_ROLE = ("RoleArn", "RoleArn.$")


def _role_alone(raw: dict[str, Any], _: object) -> bool:
    given = raw.get("Credentials")
    if not isinstance(given, dict):
        return False
    role = {name: given[name] for name in _ROLE if name in given}
    if role:
        raw["Credentials"] = role
    else:
        del raw["Credentials"]
    return len(role) < len(given) or not role


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_credentials(original: Callable[[str], Any], definition: str) -> Any:
    """The same definition, with what the engine needs of its Credentials."""
    if '"Credentials"' in definition:
        definition = with_states_changed(definition, _role_alone)
    return original(definition)
