"""Tells what a JSON or YAML file is: a definition, a template with state machines, or neither."""

from enum import Enum, auto
from pathlib import Path

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_folder import text_of

from .documents import YAML, document

SERVERLESS = frozenset({"serverless.yml", "serverless.yaml", "serverless.json"})
_ENDINGS = frozenset({".json", ".template", *YAML})
_ASL = tuple(f".asl.{ending}" for ending in ("json", "yaml", "yml"))
_LARGEST = 4 * 1024 * 1024  # CloudFormation takes 1 MB


class Kind(Enum):
    DEFINITION = auto()
    TEMPLATE = auto()


def kind_of(file: Path) -> Kind | None:
    """By the text first: most files of a project are neither, and large. One that looks like
    a definition and can't be read is one: whoever reads it says what is wrong."""
    if file.name.endswith(_ASL):
        return Kind.DEFINITION
    try:
        if file.suffix not in _ENDINGS or file.stat().st_size > _LARGEST:
            return None
        text = text_of(file)
    except (InvalidDefinition, OSError):
        return None
    if file.name in SERVERLESS:
        return Kind.TEMPLATE if "stepFunctions" in text else None
    if "Resources" in text and "::StateMachine" in text:
        return Kind.TEMPLATE
    if "StartAt" not in text or "States" not in text:
        return None
    try:
        found = document(file)
    except InvalidDefinition:
        return Kind.DEFINITION
    return Kind.DEFINITION if isinstance(found, dict) and "StartAt" in found else None
