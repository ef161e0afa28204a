"""Loads one state machine's handlers, stand-ins and setup, and what it needs on the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from handrail.core.definition.substitution import fill, fill_known
from handrail.core.errors import ServiceError
from handrail.core.stand_ins.answers import Answer
from handrail.usecases.machine_folder import MachineFolder

from .errors import EngineError, text_of
from .function_variables import variables, with_variables
from .handler_imports import HandlerImports, ModuleGroup, search_path
from .seeds import Seeds

HandlerFunction = Callable[..., Any]
Origin = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """`name` is how machine.json calls it: `handlers.py:charge_card`."""

    name: str
    function: HandlerFunction


LoadedStandIn = LoadedFunction | Answer | Sequence[Answer | Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class LoadedHandler:
    """`origin` tells whether two are the same: the file or the code, and the function in it."""

    function: HandlerFunction
    origin: Origin


@dataclass(frozen=True, slots=True)
class LoadedMachine:
    """`name` is filled in; `stand_ins` are by the state's name."""

    folder: MachineFolder
    name: str
    handlers: Mapping[str, LoadedHandler]
    seeds: Seeds
    setup: LoadedHandler | None = None
    stand_ins: Mapping[str, LoadedStandIn] = field(default_factory=dict)


class MachineLoading:
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
        home = folder.home
        setup = LoadedHandler(*self.function(home, file.setup, {})) if file.setup else None
        stand_ins: dict[str, LoadedStandIn] = {
            state: LoadedFunction(each, self.function(home, each, {})[0])
            if isinstance(each, str)
            else each
            for state, each in file.stand_ins.items()
        }
        name = name_of(folder, self._known)
        return LoadedMachine(folder, name, handlers, seeds, setup, stand_ins)

    def _handler(self, folder: MachineFolder, name: str, target: str) -> LoadedHandler:
        details = folder.functions.get(name)
        given = details.environment if details is not None else {}
        own = {variable: fill_known(text, self._known) for variable, text in given.items()}
        if details is not None and details.inline_code is not None:
            function, origin = self._inline(folder, name, target, details.inline_code, own)
        else:
            layers = details.layers if details is not None else ()
            function, origin = self.function(folder.home, target, own, layers)
        return LoadedHandler(with_variables(function, own), origin)

    def function(
        self, home: Path, target: str, own: Mapping[str, str], layers: tuple[Path, ...] = ()
    ) -> tuple[HandlerFunction, Origin]:
        """Raises EngineError."""
        file_name, colon, name = target.partition(":")
        file = (home / file_name).resolve()
        if not (colon and name and file.is_file()):
            raise EngineError(f"the handler {target!r} names no file here.")
        folders, dotted = search_path(file, home.resolve())
        folders += layers
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


def name_of(folder: MachineFolder, known: Mapping[str, str]) -> str:
    """The state machine's; one that can't be filled in is refused as it is deployed."""
    try:
        return fill(folder.file.name, known)
    except ServiceError:
        return f"{folder.path}: {folder.file.name}"
