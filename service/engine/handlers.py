"""Loads the handlers (Lambda functions to be) and names of queues from state machines' folders."""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from handrail.core.definition.substitution import fill, fill_known
from handrail.core.errors import ServiceError
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused, namesake

from .errors import EngineError, text_of
from .function_variables import own_variables, variables, with_variables
from .handler_imports import HandlerImports, ModuleGroup, handler_imports, search_path
from .seeds import Seeds
from .tracebacks import Report, traceback_of

HandlerFunction = Callable[..., Any]
Origin = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LoadedHandler:
    """`origin` tells whether two are the same: the file or the code, and the function in it."""

    function: HandlerFunction
    origin: Origin


@dataclass(frozen=True, slots=True)
class LoadedMachine:
    folder: MachineFolder
    handlers: Mapping[str, LoadedHandler]
    seeds: Seeds
    setup: LoadedHandler | None = None


@dataclass(slots=True)
class LoadedFolders:
    """What the engine serves of the state machines at `path`. `handlers`, by the name of the Lambda
    function, is one and the same mapping as they change; `seed` creates what a machine needs."""

    path: Path
    known: Mapping[str, str]
    imports: HandlerImports
    report: Report | None = None
    handlers: dict[str, HandlerFunction] = field(default_factory=dict)
    seed: Callable[[Seeds], None] = lambda _: None
    _machines: list[LoadedMachine] = field(default_factory=list)
    _set_up: set[Origin] = field(default_factory=set)

    @property
    def folders(self) -> tuple[MachineFolder, ...]:
        return tuple(machine.folder for machine in self._machines)

    def load(
        self,
        folders: Sequence[MachineFolder],
        refused: Refused | None,
        touched: Callable[[Path], bool] = lambda _: True,
    ) -> None:
        """Take these in place of what is there; of those whose files are not `touched` what is
        imported stays. Where one can't be loaded, `refused` is told and its former self stays;
        without `refused`, raises EngineError."""
        loading = _Loading(self.known, self.imports)
        former = {_key(machine.folder): machine for machine in self._machines}
        names = [_name(folder, self.known) for folder in folders]
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

    def seed_with(self, seed: Callable[[Seeds], None], refused: Refused | None) -> None:
        """Create with `seed`, now and for what is loaded later. Raises as `load`."""
        self.seed = seed
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


class _Loading:
    """Loads machines; what several of them name is imported once."""

    def __init__(self, known: Mapping[str, str], imports: HandlerImports) -> None:
        self._known, self._imports = known, imports
        self._groups: dict[tuple[Any, ...], ModuleGroup] = {}
        self._modules: dict[tuple[Any, ...], ModuleType] = {}

    def machine(self, folder: MachineFolder) -> LoadedMachine:
        """Raises EngineError with what keeps it from being served."""
        file = folder.file
        try:
            targets = {fill(name, self._known): target for name, target in file.handlers.items()}
            seeds = Seeds.of(file, self._known)
        except ServiceError as error:
            raise EngineError(f"a function or a queue can't be named: {error.detail}") from error
        handlers = {name: self._handler(folder, name, target) for name, target in targets.items()}
        setup = LoadedHandler(*self._function(folder, file.setup, {})) if file.setup else None
        return LoadedMachine(folder, handlers, seeds, setup)

    def _handler(self, folder: MachineFolder, name: str, target: str) -> LoadedHandler:
        details = folder.functions.get(name)
        given = details.environment if details is not None else {}
        own = {variable: fill_known(text, self._known) for variable, text in given.items()}
        if details is not None and details.inline_code is not None:
            function, origin = self._inline(folder, name, target, details.inline_code, own)
        else:
            function, origin = self._function(folder, target, own)
        return LoadedHandler(with_variables(function, own), origin)

    def _function(
        self, folder: MachineFolder, target: str, own: Mapping[str, str]
    ) -> tuple[HandlerFunction, Origin]:
        file_name, colon, name = target.partition(":")
        file = (folder.home / file_name).resolve()
        if not (colon and name and file.is_file()):
            raise EngineError(f"the handler {target!r} names no file here.")
        folders, dotted = search_path(file, folder.home.resolve())
        group = self._group(folders, own)
        module = self._imported(file_name, (group, dotted), own, lambda: group.load(dotted))
        return _named(module, name, file_name), (str(file), name)

    def _inline(
        self, folder: MachineFolder, name: str, target: str, code: str, own: Mapping[str, str]
    ) -> tuple[HandlerFunction, Origin]:
        where = f"{folder.path.name}:{name}"
        group = self._group([folder.home.resolve()], own)
        module = self._imported(
            where, (group, name), own, lambda: group.run(code, f"{folder.path}:{name}")
        )
        return _named(module, target.rpartition(":")[2], where), (code, target)

    def _group(self, folders: list[Path], own: Mapping[str, str]) -> ModuleGroup:
        key = (*folders, *sorted(own.items()))
        if key not in self._groups:
            self._groups[key] = self._imports.group(folders)
        return self._groups[key]

    def _imported(
        self,
        file_name: str,
        key: tuple[Any, ...],
        own: Mapping[str, str],
        load: Callable[[], ModuleType],
    ) -> ModuleType:
        if key not in self._modules:
            try:
                with variables(own):
                    self._modules[key] = load()
            except (Exception, SystemExit) as error:
                reason = f"{type(error).__name__}: {' '.join(text_of(error).split())}"
                raise EngineError(f"{file_name}: can't be imported: {reason}") from error
        return self._modules[key]


def _named(module: ModuleType, name: str, file_name: str) -> HandlerFunction:
    function = getattr(module, name, None)
    if not callable(function):
        raise EngineError(f"{file_name}: there is no function {name}.")
    return function  # type: ignore[no-any-return] # callable() says no more


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


def _name(folder: MachineFolder, known: Mapping[str, str]) -> str:
    """The state machine's; one that can't be filled in is refused as it is deployed."""
    try:
        return fill(folder.file.name, known)
    except ServiceError:
        return f"{folder.path}: {folder.file.name}"
