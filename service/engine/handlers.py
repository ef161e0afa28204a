"""Loads the handlers (Lambda functions to be) and names of queues from state machines' folders."""

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from handrail.core.definition.substitution import fill
from handrail.core.errors import InvalidName, ServiceError
from handrail.core.stand_ins.answers import Answer
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused, namesake

from .errors import EngineError, text_of

HandlerFunction = Callable[..., Any]
_importing = Lock()
_QUEUE = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """`name` is how machine.json calls it: `handlers.py:charge_card`."""

    name: str
    function: HandlerFunction


LoadedStandIn = LoadedFunction | Answer | Sequence[Answer | Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class LoadedFolders:
    """`handlers` are by the name of the Lambda function, `queues` are names, `modules` by file,
    `stand_ins` by the names of the state machine and the state."""

    folders: list[MachineFolder] = field(default_factory=list)
    handlers: dict[str, HandlerFunction] = field(default_factory=dict)
    queues: set[str] = field(default_factory=set)
    modules: dict[Path, ModuleType] = field(default_factory=dict)
    stand_ins: dict[str, dict[str, LoadedStandIn]] = field(default_factory=dict)


@contextmanager
def loaded_folders(
    machines_dir: Path, known: Mapping[str, str], refused: Refused | None = None
) -> Iterator[LoadedFolders]:
    """The folders in `machines_dir`, with `known` names filled in. Leaving forgets their modules.

    `refused` is told of each folder that is left out: it can't be read, its handler can't be
    imported, a name can't be filled in or is another folder's. Without it the first is an
    EngineError, as is a `machines_dir` that is no folder."""
    loaded = LoadedFolders()
    try:
        if refused is None:
            folders = machine_sources.load(machines_dir)
        else:
            folders = machine_sources.load_what_can_be(machines_dir, refused)
    except ServiceError as error:
        raise EngineError(error.detail) from error
    try:
        names = [_name(folder, known) for folder in folders]
        for folder, name in zip(folders, names, strict=True):
            try:
                if names.count(name) > 1:
                    raise EngineError(namesake(folder.path, name).reason)
                _load(folder, known, loaded)
            except EngineError as error:
                problem = FolderProblem(folder.path, str(error))
                if refused is None:
                    raise EngineError(str(problem)) from error
                refused(problem)
        yield loaded
    finally:
        for module in loaded.modules.values():
            sys.modules.pop(module.__name__, None)


def _name(folder: MachineFolder, known: Mapping[str, str]) -> str:
    """The state machine's; one that can't be filled in is refused as it is deployed."""
    try:
        return fill(folder.file.name, known)
    except ServiceError:
        return str(folder.path)


def _load(folder: MachineFolder, known: Mapping[str, str], loaded: LoadedFolders) -> None:
    try:
        targets = {fill(name, known): target for name, target in folder.file.handlers.items()}
        queues = {fill(name, known) for name in folder.file.queues}
        for name in queues:
            if not _QUEUE.fullmatch(name):
                rule = "up to 80 letters, digits, _ and - are"
                raise InvalidName(f"{name!r} is no queue's: {rule}.")
    except ServiceError as error:
        raise EngineError(f"a function or a queue can't be named: {error.detail}") from error
    handlers = {}
    for name, target in targets.items():
        handler = handlers[name] = _resolve(folder.path, target, loaded.modules)
        if loaded.handlers.get(name, handler) is not handler:
            taken = f"another state machine gives the function name {name!r}"
            raise EngineError(f"{taken} to another handler.")
    stand_ins: dict[str, LoadedStandIn] = {
        state: LoadedFunction(each, _resolve(folder.path, each, loaded.modules))
        if isinstance(each, str)
        else each
        for state, each in folder.file.stand_ins.items()
    }
    loaded.folders.append(folder)
    loaded.stand_ins[_name(folder, known)] = stand_ins
    loaded.handlers.update(handlers)
    loaded.queues.update(queues)


def function_of(folder: Path, target: str, loaded: LoadedFolders) -> HandlerFunction:
    """`<file>.py:<function>` of a folder. Raises EngineError."""
    with _importing:
        return _resolve(folder, target, loaded.modules)


def _resolve(folder: Path, target: str, modules: dict[Path, ModuleType]) -> HandlerFunction:
    file_name, colon, name = target.partition(":")
    file = (folder / file_name).resolve()
    if not (colon and name and file.is_file()):
        raise EngineError(f"the handler {target!r} names no file here.")
    if file not in modules:
        try:
            modules[file] = _import(file)
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {' '.join(text_of(error).split())}"
            raise EngineError(f"{file_name}: can't be imported: {reason}") from error
    handler = getattr(modules[file], name, None)
    if not callable(handler):
        raise EngineError(f"{file_name}: there is no function {name}.")
    return handler  # type: ignore[no-any-return] # callable() says no more


def _import(file: Path) -> ModuleType:
    name = f"handrail_handlers.{file.parent.name}.{file.stem}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("it is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
