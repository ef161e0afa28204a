"""Reads JSON and YAML files, and writes definitions as JSON."""

import json
import re
from pathlib import Path

from handrail.core.errors import InvalidDefinition
from handrail.core.json_text import json_bytes
from handrail.core.models import Json
from handrail.usecases.machine_folder import text_of

YAML = frozenset({".yaml", ".yml"})
_OUTSIDE_OF_A_TEXT = re.compile(r'(?:"\s*:|[\[,{])\s*\$\{')


def document(file: Path) -> Json:
    """What the file holds. Raises InvalidDefinition, one line with the position."""
    text = text_of(file)
    if file.suffix in YAML:
        from handrail.core import yaml_documents  # noqa: PLC0415 most projects have none

        try:
            return yaml_documents.parse(text)
        except InvalidDefinition as error:
            raise InvalidDefinition(f"{file}:{error.detail}") from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        raise InvalidDefinition(f"{where}: is not JSON: {error.msg}.") from error
    except RecursionError as error:
        raise InvalidDefinition(f"{file}: is nested too deeply.") from error


def definition_text(file: Path) -> str:
    """The definition in it as JSON. A JSON file's text is left as it is: it needn't be JSON before
    its substitutions, if one of them stands outside of a text. Raises InvalidDefinition, also for
    CloudFormation's functions, which stand in templates alone."""
    if file.suffix not in YAML:
        if not _OUTSIDE_OF_A_TEXT.search(text := text_of(file)):
            document(file)
        return text
    found = document(file)
    if function := _function_in(found):
        message = f"{file}: {function} is for templates; a definition has ${{Name}} instead."
        raise InvalidDefinition(message)
    return json_text(found)


def written_in(file: Path) -> Path | None:
    """The file itself, where its text is what `definition_text` gives."""
    return None if file.suffix in YAML else file


def json_text(value: Json) -> str:
    return json_bytes(value, indent=2).decode()


def _function_in(value: Json) -> str | None:
    """The first of CloudFormation's functions in the value."""
    if isinstance(value, dict):
        if len(value) == 1 and (name := next(iter(value))).startswith("Fn::"):
            return str(name)
        value = list(value.values())
    if isinstance(value, list):
        return next(filter(None, map(_function_in, value)), None)
    return None
