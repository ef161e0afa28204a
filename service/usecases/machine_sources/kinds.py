"""Tells what a JSON or YAML file is: a definition, a template with state machines, or neither."""

import re
from enum import Enum, auto
from pathlib import Path

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_folder import text_of

from .definition_files import YAML, document

SERVERLESS = frozenset({"serverless.yml", "serverless.yaml", "serverless.json"})
_ENDINGS = frozenset({".json", ".template", *YAML})
_ASL = tuple(f".asl.{ending}" for ending in ("json", "yaml", "yml"))
_RESOURCES = re.compile(r'^Resources\s*:|"Resources"\s*:', re.MULTILINE)
_MACHINE = re.compile(r"Type[\"']?\s*:\s*[\"']?AWS::(Serverless|StepFunctions)::StateMachine\b")
_LARGEST = 4 * 1024 * 1024  # CloudFormation takes 1 MB


class FileKind(Enum):
    DEFINITION = auto()
    TEMPLATE = auto()


def kind_of(file: Path) -> FileKind | None:
    """By the text first: most files of a project are neither, and large. One that looks like
    a definition and can't be read is one: whoever reads it says what is wrong."""
    if file.name.endswith(_ASL):
        return FileKind.DEFINITION
    text = _text(file)
    if file.name in SERVERLESS:
        return FileKind.TEMPLATE if "stepFunctions" in text else None
    if _RESOURCES.search(text) and _MACHINE.search(text):
        return FileKind.TEMPLATE
    return FileKind.DEFINITION if "StartAt" in text and "States" in text and _starts(file) else None


def _text(file: Path) -> str:
    """Nothing, where it can be neither."""
    try:
        readable = file.suffix in _ENDINGS and file.stat().st_size <= _LARGEST
        return text_of(file) if readable else ""
    except (InvalidDefinition, OSError):
        return ""


def _starts(file: Path) -> bool:
    try:
        found = document(file)
    except InvalidDefinition:
        return True
    return isinstance(found, dict) and "StartAt" in found
