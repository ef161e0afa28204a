"""Reads a folder with a definition and, beside it, `machine.json` or `machine.yaml`."""

import json
import re
from pathlib import Path

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_folder import DEFINITION, METADATA, MachineFolder, text_of

from .documents import YAML, definition_text, document, json_text

DEFINITIONS = (DEFINITION, "definition.asl.yaml", "definition.asl.yml")
DESCRIPTIONS = (METADATA, "machine.yaml", "machine.yml")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


def described(folder: Path) -> bool:
    return any((folder / name).exists() for name in (*DEFINITIONS, *DESCRIPTIONS))


def load_folder(folder: Path) -> MachineFolder:
    """The state machine in this folder; one without a machine.json bears the folder's name. Raises
    InvalidDefinition, one line that names the file and the position in it."""
    definition = _one_of(folder, DEFINITIONS)
    template = definition_text(definition or folder / DEFINITION)
    if (description := _one_of(folder, DESCRIPTIONS)) is None:
        return MachineFolder(folder, template, MachineFile(name=name_from(folder.resolve().name)))
    return MachineFolder(folder, template, _described(description))


def load_bare(file: Path) -> MachineFolder:
    """The state machine of an ASL file, which bears the file's name. Raises as `load_folder`."""
    name = re.sub(r"(\.asl|\.sfn)?\.(json|yaml|yml)$", "", file.name)
    return MachineFolder(file, definition_text(file), MachineFile(name=name_from(name)))


def name_from(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text).strip("-")[:80] or "state-machine"


def _one_of(folder: Path, names: tuple[str, ...]) -> Path | None:
    found = [file for file in (folder / name for name in names) if file.exists()]
    if len(found) > 1:
        others = " and ".join(file.name for file in found[1:])
        raise InvalidDefinition(f"{found[0]}: stands beside {others}: one of them is enough.")
    return found[0] if found else None


def _described(file: Path) -> MachineFile:
    try:
        if file.suffix in YAML:
            return MachineFile.parse(json_text(document(file)))
        text = text_of(file)
        json.loads(text)  # the definition needn't be JSON before its substitutions
        return MachineFile.parse(text)
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        raise InvalidDefinition(f"{where}: is not JSON: {error.msg}.") from error
    except InvalidDefinition as error:
        if not error.errors:
            raise
        problems = "; ".join(f"{problem.path}: {problem.message}" for problem in error.errors)
        raise InvalidDefinition(f"{file}: {problems}", errors=error.errors) from error
