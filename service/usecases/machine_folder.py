"""Reads `state_machines/`: one folder a state machine, with its definition and machine.json."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition
from handrail.core.typed_dict import TypedDict

DEFINITION = "definition.asl.json"
METADATA = "machine.json"


@dataclass(frozen=True, slots=True)
class MachineFolder:
    """`template` is the definition's text, its `${…}` not filled in yet."""

    path: Path
    template: str
    file: MachineFile


class FolderProblemDocument(TypedDict):
    """`name` is what would have been deployed, `state` the one to blame, null where unknown."""

    folder: str
    name: str | None
    state: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class FolderProblem:
    """Why a folder was left out: `reason` has one line."""

    folder: Path
    reason: str
    name: str | None = None
    state: str | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.folder), self.state, self.reason)))

    def document(self) -> FolderProblemDocument:
        name, state, reason = self.name, self.state, self.reason
        return {"folder": self.folder.name, "name": name, "state": state, "reason": reason}


Refused = Callable[[FolderProblem], None]  # told of each folder that is left out


def namesake(folder: Path, name: str) -> FolderProblem:
    """Another folder gives its state machine this name too: none of them is to be preferred."""
    return FolderProblem(folder, f"More than one folder describes the state machine {name}.", name)


@dataclass(frozen=True, slots=True)
class Survey:
    folders: Sequence[MachineFolder]
    problems: Sequence[FolderProblem] = ()


def load(path: Path) -> tuple[MachineFolder, ...]:
    """Every state machine below `path`, by folder name; none where `path` is absent. Raises
    InvalidDefinition, one line that names the file and the position in it."""
    return tuple(map(load_one, folders_in(path)))


def load_what_can_be(path: Path, refused: Refused) -> tuple[MachineFolder, ...]:
    """As `load`, of those `meant` for state machines, without the folders that can't be read."""
    loaded = []
    for folder in folders_in(path, among=meant):
        try:
            loaded.append(load_one(folder))
        except InvalidDefinition as error:
            refused(FolderProblem(folder, error.detail.removeprefix(f"{folder}/")))
    return tuple(loaded)


def has_one(folder: Path) -> bool:
    return (folder / METADATA).exists() or (folder / DEFINITION).exists()


def folders_in(path: Path, *, among: Callable[[Path], bool] = has_one) -> tuple[Path, ...]:
    """Their folders, by name, not read yet. Raises InvalidDefinition where `path` is no folder."""
    if not path.exists():
        return ()
    if not path.is_dir():
        raise InvalidDefinition(f"{path}: is not a folder of state machines.")
    try:
        return tuple(sorted(filter(among, path.iterdir())))
    except OSError as error:
        raise InvalidDefinition(f"{path}: can't be read: {error.strerror}.") from error


def meant(folder: Path) -> bool:
    """True if a state machine is expected here: one is, or nothing is, or files of the kind."""
    if folder.name.startswith((".", "_")) or not folder.is_dir():
        return False
    try:
        files = list(folder.iterdir())
    except OSError:
        return True
    return not files or any(file.suffix in {".json", ".yaml", ".yml"} for file in files)


def load_one(path: Path) -> MachineFolder:
    """The state machine in this folder. Raises InvalidDefinition as `load` does."""
    try:
        template = text_of(path / DEFINITION)
    except InvalidDefinition as error:
        others = ", ".join(sorted(file.name for file in path.glob("definition*")))
        if not (others and isinstance(error.__cause__, FileNotFoundError)):
            raise
        message = f"{path / DEFINITION}: is missing; {others} isn't read."
        raise InvalidDefinition(message) from error.__cause__
    text = text_of(metadata := path / METADATA)
    try:
        json.loads(text)  # the definition needn't be JSON before its substitutions
        return MachineFolder(path, template, MachineFile.parse(text))
    except json.JSONDecodeError as error:
        where = f"{metadata}:{error.lineno}:{error.colno}"
        raise InvalidDefinition(f"{where}: is not JSON: {error.msg}.") from error
    except InvalidDefinition as error:
        problems = "; ".join(f"{problem.path}: {problem.message}" for problem in error.errors)
        raise InvalidDefinition(f"{metadata}: {problems}", errors=error.errors) from error


def text_of(file: Path) -> str:
    """The file's text without a byte order mark. Raises InvalidDefinition as `load` does."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidDefinition(f"{file}: is missing.") from error
    except UnicodeDecodeError as error:
        raise InvalidDefinition(f"{file}: is not UTF-8 text.") from error
    except OSError as error:
        raise InvalidDefinition(f"{file}: can't be read: {error.strerror}.") from error
