"""Keeps what the engine serves of state machines' folders: handlers (Lambda functions to be), what
stands in for tasks, and what tasks find there."""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from handrail.core.errors import ServiceError
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused, namesake

from .errors import EngineError, text_of
from .function_variables import own_variables
from .handler_imports import HandlerImports, handler_imports
from .machine_loading import (
    HandlerFunction,
    LoadedMachine,
    LoadedStandIn,
    MachineLoading,
    Origin,
    name_of,
)
from .seeds import Seeds
from .tracebacks import Report, traceback_of

_importing = Lock()


@dataclass(slots=True)
class LoadedFolders:
    """What the engine serves of the state machines at `path`. `handlers`, by the name of the Lambda
    function, is one and the same mapping as they change; `seed` creates what a machine needs, and
    `changed` is called when others are served."""

    path: Path
    known: Mapping[str, str]
    imports: HandlerImports
    report: Report | None = None
    handlers: dict[str, HandlerFunction] = field(default_factory=dict)
    seed: Callable[[Seeds], None] = lambda _: None
    changed: Callable[[], None] = lambda: None
    _machines: list[LoadedMachine] = field(default_factory=list)
    _set_up: set[Origin] = field(default_factory=set)
    _loading: MachineLoading | None = None

    @property
    def folders(self) -> tuple[MachineFolder, ...]:
        return tuple(machine.folder for machine in self._machines)

    @property
    def stand_ins(self) -> dict[str, Mapping[str, LoadedStandIn]]:
        """By the state machine's name."""
        return {machine.name: machine.stand_ins for machine in self._machines}

    def function_of(self, home: Path, target: str) -> HandlerFunction:
        """`<file>.py:<function>` of a state machine's folder. Raises EngineError."""
        with _importing:
            loading = self._loading or MachineLoading(self.known, self.imports)
            return loading.function(home, target, {})[0]

    def load(
        self,
        folders: Sequence[MachineFolder],
        refused: Refused | None,
        touched: Callable[[Path], bool] = lambda _: True,
    ) -> None:
        """Take these in place of what is there; of those whose files are not `touched` what is
        imported stays. Where one can't be loaded, `refused` is told and its former self stays;
        without `refused`, raises EngineError."""
        self._loading = loading = MachineLoading(self.known, self.imports)
        former = {_key(machine.folder): machine for machine in self._machines}
        names = [name_of(folder, self.known) for folder in folders]
        loaded: list[LoadedMachine] = []
        for folder, name in zip(folders, names, strict=True):
            kept = former.get(_key(folder))
            if kept is not None and kept.folder == folder and not touched(folder.home):
                loaded.append(kept)
                continue
            try:
                if names.count(name) > 1:
                    raise EngineError(namesake(folder.path, name).reason)
                machine = loading.machine(folder)
                _check_shared(machine, loaded)
                self.seed(machine.seeds)
                loaded.append(machine)
            except EngineError as error:
                problem = FolderProblem(folder.path, str(error))
                if refused is None:
                    raise EngineError(str(problem)) from error
                refused(problem)
                if kept is not None:
                    loaded.append(kept)
        self._take(loaded)

    def serve_with(
        self,
        seed: Callable[[Seeds], None],
        refused: Refused | None,
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Create with `seed`, and call `changed`, now and for what is loaded later. Raises as
        `load`."""
        self.seed, self.changed = seed, changed
        self._keep_those_that(lambda machine: seed(machine.seeds), refused)

    def set_up(self, refused: Refused | None) -> None:
        """Call each machine's setup, unless it was called before. Raises as `load`."""

        def call(machine: LoadedMachine) -> None:
            if machine.setup is not None and machine.setup.origin not in self._set_up:
                self._set_up.add(machine.setup.origin)
                name = str(machine.folder.file.setup)
                run_setup(machine.setup.function, name, self.report)

        self._keep_those_that(call, refused)

    def _keep_those_that(
        self, act: Callable[[LoadedMachine], None], refused: Refused | None
    ) -> None:
        kept: list[LoadedMachine] = []
        for machine in self._machines:
            try:
                act(machine)
                kept.append(machine)
            except EngineError as error:
                problem = FolderProblem(machine.folder.path, str(error))
                if refused is None:
                    raise EngineError(str(problem)) from error
                refused(problem)
        self._take(kept)

    def _take(self, machines: list[LoadedMachine]) -> None:
        handlers = {
            name: handler.function for each in machines for name, handler in each.handlers.items()
        }
        self.handlers.update(handlers)
        for name in self.handlers.keys() - handlers.keys():
            del self.handlers[name]
        self._machines[:] = machines
        self.changed()


@contextmanager
def loaded_folders(
    path: Path,
    known: Mapping[str, str],
    refused: Refused | None = None,
    report: Report | None = None,
) -> Iterator[LoadedFolders]:
    """The state machines at `path`, with `known` names filled in. Leaving forgets their modules.

    `refused` is told of each folder that is left out: it can't be read, its handler can't be
    imported, a name can't be filled in or is another folder's. Without it the first is an
    EngineError, as is a `path` that describes no state machine."""
    try:
        if refused is None:
            folders = machine_sources.load(path)
        else:
            folders = machine_sources.load_what_can_be(path, refused)
    except ServiceError as error:
        raise EngineError(error.detail) from error
    with own_variables(), handler_imports() as imports:
        loaded = LoadedFolders(path, known, imports, report)
        loaded.load(folders, refused)
        yield loaded


def run_setup(setup: HandlerFunction, name: str, report: Report | None) -> None:
    """Raises EngineError where it fails; `report` gets the traceback."""
    try:
        answer = setup()
        if inspect.iscoroutine(answer):
            asyncio.run(answer)
    except (Exception, SystemExit) as error:
        if report is not None:
            report(f"{name} failed.\n{traceback_of(error)}")
        reason = f"{type(error).__name__}: {' '.join(text_of(error).split())}"
        raise EngineError(f"{name} failed: {reason}") from error


def _check_shared(machine: LoadedMachine, others: list[LoadedMachine]) -> None:
    for name, handler in machine.handlers.items():
        if any(each.handlers.get(name, handler).origin != handler.origin for each in others):
            taken = f"another state machine gives the function name {name!r}"
            raise EngineError(f"{taken} to another handler.")


def _key(folder: MachineFolder) -> tuple[Path, str]:
    return folder.path, folder.file.name
