"""Reading `state_machines/`: one folder a state machine, with its definition and machine.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from service.core.errors import InvalidDefinition
from service.core.machine_file import MachineFile

DEFINITION = "definition.asl.json"
METADATA = "machine.json"


@dataclass(frozen=True, slots=True)
class MachineFolder:
    """`template` is the definition's text, its `${…}` not filled in yet."""

    path: Path
    template: str
    file: MachineFile


def load(path: Path) -> tuple[MachineFolder, ...]:
    """Every state machine below `path`, by folder name; none where `path` is absent.

    Raises InvalidDefinition, one line that names the file and the place in it.
    """
    return tuple(map(load_one, folders_in(path)))


def folders_in(path: Path) -> tuple[Path, ...]:
    """Their folders, by name, not read yet. Raises InvalidDefinition where `path` is no folder."""
    if not path.exists():
        return ()
    if not path.is_dir():
        raise InvalidDefinition(f"{path}: is not a folder of state machines.")
    found = (
        child
        for child in path.iterdir()
        if (child / METADATA).exists() or (child / DEFINITION).exists()
    )
    return tuple(sorted(found))


def load_one(path: Path) -> MachineFolder:
    """The state machine in this folder. Raises InvalidDefinition as `load` does."""
    template = text_of(path / DEFINITION)
    metadata = path / METADATA
    text = text_of(metadata)
    _check_json(metadata, text)
    try:
        return MachineFolder(path, template, MachineFile.parse(text))
    except InvalidDefinition as error:
        problems = "; ".join(f"{problem.path}: {problem.message}" for problem in error.errors)
        raise InvalidDefinition(f"{metadata}: {problems}", errors=error.errors) from error


def text_of(file: Path) -> str:
    """What stands in it. Raises InvalidDefinition as `load` does."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidDefinition(f"{file}: is missing.") from error
    except UnicodeDecodeError as error:
        raise InvalidDefinition(f"{file}: is not UTF-8 text.") from error
    except OSError as error:
        raise InvalidDefinition(f"{file}: can't be read: {error.strerror}.") from error


def _check_json(file: Path, text: str) -> None:
    """A definition isn't checked here: before its substitutions it needn't be JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidDefinition(
            f"{file}:{error.lineno}:{error.colno}: is not JSON: {error.msg}."
        ) from error
