"""Finds what describes state machines at a path, and reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused

from .definition_files import YAML, document
from .described_folder import DESCRIPTIONS, described, load_bare, load_folder
from .kinds import SERVERLESS, FileKind, kind_of
from .serverless import stack_of
from .stack_machines import machines_of

_DEPTH = 4
_SKIPPED = frozenset(
    ["build", "cases", "dist", "events", "node_modules", "target", "test", "tests", "venv"]
)


@dataclass(frozen=True, slots=True)
class MachineSource:
    """A folder or a file that describes state machines. `alone` is false for one of several that
    could have resources of one name."""

    path: Path
    alone: bool = True

    def label(self, name: str | None) -> str:
        """What to call one of its state machines in a list: a template may have several."""
        several = (
            name is not None and self.path.is_file() and kind_of(self.path) is FileKind.TEMPLATE
        )
        return f"{self.path}: {name}" if several else str(self.path)

    def load(self, refused: Refused) -> tuple[MachineFolder, ...]:
        """Every state machine in it; `refused` is told of those that can't be read."""
        try:
            if self.path.is_dir():
                return (load_folder(self.path),)
            if kind_of(self.path) is not FileKind.TEMPLATE:
                return (load_bare(self.path),)
            return self._of_template(refused)
        except InvalidDefinition as error:
            refused(
                FolderProblem(self.path, error.detail.removeprefix(str(self.path)).lstrip("/: "))
            )
            return ()

    def _of_template(self, refused: Refused) -> tuple[MachineFolder, ...]:
        """Raises InvalidDefinition."""
        found = document(self.path)
        try:
            if self.path.name in SERVERLESS:
                found = stack_of(found, self.path)
            return machines_of(found, self.path, alone=self.alone, refused=refused)
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise InvalidDefinition(f"isn't as a template is written: {problem}.") from error


def load(path: Path) -> tuple[MachineFolder, ...]:
    """Every state machine at `path`, by folder name; none where `path` is absent. Raises
    InvalidDefinition, one line that names the file and the position in it."""
    found = (source.load(_raised) for source in sources_at(path, empty_too=False))
    return tuple(machine for machines in found for machine in machines)


def load_what_can_be(path: Path, refused: Refused) -> tuple[MachineFolder, ...]:
    """As `load`, without those that can't be read. Raises InvalidDefinition where `path` is a file
    that describes no state machine."""
    return tuple(machine for source in sources_at(path) for machine in source.load(refused))


def load_one(path: Path) -> MachineFolder:
    """The state machine in this folder or ASL file. Raises InvalidDefinition as `load` does."""
    return load_folder(path) if path.is_dir() else load_bare(path)


def _raised(problem: FolderProblem) -> None:
    within = "/" if problem.folder.is_dir() else ": "
    raise InvalidDefinition(f"{problem.folder}{within}{problem.reason}")


def sources_at(path: Path, *, empty_too: bool = True) -> tuple[MachineSource, ...]:
    """What describes state machines at `path`: the file; or the folder, where it describes one; or
    what it and the folders in it hold, with `empty_too` also those in it that are `meant` to hold
    one and hold none. Raises InvalidDefinition where a file is none of that, or a
    folder can't be listed."""
    if not path.exists():
        return ()
    if path.is_file():
        if path.name in DESCRIPTIONS:
            return (MachineSource(path.parent),)
        if kind_of(path) is None:
            document(path)  # which says where it is no JSON or YAML
            looked_for = "StartAt, or Resources with a state machine, or stepFunctions"
            raise InvalidDefinition(f"{path}: describes no state machine: it has no {looked_for}.")
        return (MachineSource(path),)
    found = tuple(_within(path, empty_too=empty_too))
    several = sum(not each.is_dir() for each in found) > 1
    return tuple(MachineSource(each, alone=not several) for each in found)


def _within(folder: Path, *, empty_too: bool = False, depth: int = _DEPTH) -> Iterator[Path]:
    """Below a folder that describes a state machine, or has a template, nothing else is looked for;
    nor is a folder `meant` for one where the definitions stand beside it."""
    if described(folder):
        yield folder
        return
    entries = _entries(folder)
    files = [entry for entry in entries if entry.is_file() and not entry.name.startswith(".")]
    kinds = {file: kind_of(file) for file in files}
    if templates := [file for file, kind in kinds.items() if kind is FileKind.TEMPLATE]:
        yield from [file for file in templates if file.stem == "template"][:1] or templates
        return
    bare = [file for file, kind in kinds.items() if kind is FileKind.DEFINITION]
    yield from bare
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith((".", "_")):
            usual = entry.name in _SKIPPED and not described(entry)
            inner = () if usual or not depth else _found_in(entry, depth - 1)
            yield from inner
            if empty_too and not inner and not usual and not bare and meant(entry):
                yield entry


def _found_in(folder: Path, depth: int) -> tuple[Path, ...]:
    """Nothing, where the folder can't be listed: no other is to suffer from it."""
    try:
        return tuple(_within(folder, depth=depth))
    except InvalidDefinition:
        return ()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise InvalidDefinition(f"{folder}: can't be read: {error.strerror}.") from error


def meant(folder: Path) -> bool:
    """True if a state machine is expected here: nothing is, or files of the kind."""
    try:
        files = list(folder.iterdir())
    except OSError:
        return True
    return not files or any(file.suffix in {".json", *YAML} for file in files)
