"""Reads a folder with a definition and, beside it, `machine.json` or `machine.yaml`."""

import os.path
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.usecases.machine_folder import DEFINITION, METADATA, MachineFolder, text_of

from .definition_files import YAML, definition_text, document, json_text, written_in
from .made_up_names import made_up_names

DEFINITIONS = (DEFINITION, "definition.asl.yaml", "definition.asl.yml")
DESCRIPTIONS = (METADATA, "machine.yaml", "machine.yml")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


def described(folder: Path) -> bool:
    return any(_there(folder / name) for name in (*DEFINITIONS, *DESCRIPTIONS))


def load_folder(folder: Path) -> MachineFolder:
    """The state machine in this folder; one without a machine.json bears the folder's name, and its
    `${…}` get made-up values. Raises InvalidDefinition, one line that names the file and the
    position in it."""
    definition = _one_of(folder, DEFINITIONS) or folder / DEFINITION
    template, lines = definition_text(definition), written_in(definition)
    if (description := _one_of(folder, DESCRIPTIONS)) is None:
        file = MachineFile(name=name_from(folder.resolve().name))
        return _filled_up(MachineFolder(folder, template, file, written_in=lines))
    return MachineFolder(folder, template, _described(description), written_in=lines)


def load_bare(file: Path) -> MachineFolder:
    """The state machine of an ASL file, which bears the file's name; `${…}` that nothing gives
    a value get a made-up one. Raises as `load_folder`."""
    stem = re.sub(r"(\.asl|\.sfn)?\.(json|yaml|yml)$", "", file.name)
    return _filled_up(
        MachineFolder(
            file,
            definition_text(file),
            described_beside(file, stem, {"name": name_from(stem)}),
            written_in=written_in(file),
            described_in=f"{stem}.{METADATA}",
        )
    )


def _filled_up(machine: MachineFolder) -> MachineFolder:
    if not (made_up := made_up_names(machine.template, machine.file.substitutions)):
        return machine
    substitutions = {**machine.file.substitutions, **made_up}
    file = machine.file.model_copy(update={"substitutions": substitutions})
    return replace(machine, file=file, made_up=tuple(made_up))


def described_beside(file: Path, stem: str, known: Mapping[str, Json]) -> MachineFile:
    """What is `known` of a state machine in the file, with what `<stem>.machine.json` (or `.yaml`)
    beside it adds: a member in place of that which is known, or in an object of members beside it.
    Raises as `load_folder`."""
    names = tuple(f"{stem}.{name}" for name in DESCRIPTIONS)
    if (description := _one_of(file.parent, names)) is None:
        return MachineFile.parse(json_text(known))
    given = document(description)
    if not isinstance(given, dict):
        raise InvalidDefinition(f"{description}: is no object.")
    both = {
        name: {**before, **value}
        if isinstance(before := known.get(name), dict) and isinstance(value, dict)
        else value
        for name, value in given.items()
    }
    return _parsed(json_text({**known, **both}), description)


def name_from(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text).strip("-")[:80] or "state-machine"


def _one_of(folder: Path, names: tuple[str, ...]) -> Path | None:
    found = [file for file in (folder / name for name in names) if _there(file)]
    if len(found) > 1:
        others = " and ".join(file.name for file in found[1:])
        raise InvalidDefinition(f"{found[0]}: stands beside {others}: one of them is enough.")
    return found[0] if found else None


def _there(file: Path) -> bool:
    """False also where the folder may not be looked into."""
    return os.path.exists(file)  # noqa: PTH110 Path.exists raises PermissionError


def _described(file: Path) -> MachineFile:
    found = document(file)  # which says where it is no JSON
    return _parsed(json_text(found) if file.suffix in YAML else text_of(file), file)


def _parsed(text: str, file: Path) -> MachineFile:
    try:
        return MachineFile.parse(text)
    except InvalidDefinition as error:
        problems = "; ".join(f"{problem.path}: {problem.message}" for problem in error.errors)
        raise InvalidDefinition(f"{file}: {problems}", errors=error.errors) from error
