"""Which folders of state machines the engine serves, and which it leaves out."""

import re
from collections.abc import Mapping
from pathlib import Path

from service.core.errors import InvalidName, ServiceError
from service.core.substitution import fill
from service.usecases.machine_folder import (
    FolderProblem,
    MachineFolder,
    Refused,
    load,
    load_what_can_be,
)

from .errors import EngineError

_QUEUE = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")


class Folders:
    """`refused` is told of each folder that is left out; without it the first is an EngineError."""

    def __init__(self, refused: Refused | None) -> None:
        self._refused = refused
        self._loaded: tuple[MachineFolder, ...] = ()
        self._left_out: set[Path] = set()

    def load(self, machines_dir: Path) -> None:
        """Raises EngineError where it is no folder."""
        try:
            if self._refused is None:
                self._loaded = load(machines_dir)
            else:
                self._loaded = load_what_can_be(machines_dir, self._refused)
        except ServiceError as error:
            raise EngineError(error.detail) from error

    @property
    def served(self) -> tuple[MachineFolder, ...]:
        return tuple(folder for folder in self._loaded if folder.path not in self._left_out)

    def leave_out(self, problem: FolderProblem) -> None:
        if self._refused is None:
            raise EngineError(str(problem))
        self._left_out.add(problem.folder)
        self._refused(problem)

    def queues(self, known: Mapping[str, str]) -> list[str]:
        """The names of all queues, `known` names filled in."""
        names: set[str] = set()
        for folder in self.served:
            try:
                names |= {_queue(name, known) for name in folder.file.queues}
            except ServiceError as error:
                reason = f"A queue can't be named: {error.detail}"
                self.leave_out(FolderProblem(folder.path, reason))
        return sorted(names)


def _queue(template: str, known: Mapping[str, str]) -> str:
    name = fill(template, known)
    if not _QUEUE.fullmatch(name):
        raise InvalidName(f"{name!r} is no queue's: up to 80 letters, digits, _ and - are.")
    return name
