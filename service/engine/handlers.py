"""Loads what the folders of state machines give the engine: `handlers.py:charge_card` becomes a
Lambda function, and each name of a queue a queue."""

import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from service.core.definition.substitution import fill
from service.core.errors import InvalidName, ServiceError
from service.usecases import machine_folder
from service.usecases.machine_folder import FolderProblem, MachineFolder, Refused

from .errors import EngineError, text_of

HandlerFunction = Callable[..., Any]
_PACKAGE = "handrail_handlers"
_QUEUE = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")


class EngineFolders:
    """The folders in `machines_dir`. `refused` is told of each that is left out; without it the
    first is an EngineError, as is a `machines_dir` that is no folder."""

    def __init__(self, machines_dir: Path, refused: Refused | None) -> None:
        self._refused = refused or _raise
        self._left_out: set[Path] = set()
        try:
            if refused:
                self._loaded = machine_folder.load_what_can_be(machines_dir, refused)
            else:
                self._loaded = machine_folder.load(machines_dir)
        except ServiceError as error:
            raise EngineError(error.detail) from error

    @property
    def served(self) -> tuple[MachineFolder, ...]:
        return tuple(folder for folder in self._loaded if folder.path not in self._left_out)

    def leave_out(self, problem: FolderProblem) -> None:
        self._left_out.add(problem.folder)
        self._refused(problem)

    def queues(self, known: Mapping[str, str]) -> list[str]:
        """The names of all queues, `known` names filled in."""
        names: set[str] = set()
        for folder in self.served:
            try:
                found = {fill(name, known) for name in folder.file.queues}
                for name in found:
                    if not _QUEUE.fullmatch(name):
                        rule = "up to 80 letters, digits, _ and - are"
                        raise InvalidName(f"{name!r} is no queue's: {rule}.")
                names |= found
            except ServiceError as error:
                reason = f"A queue can't be named: {error.detail}"
                self.leave_out(FolderProblem(folder.path, reason))
        return sorted(names)


def _raise(problem: FolderProblem) -> None:
    raise EngineError(str(problem))


@contextmanager
def loaded_handlers(
    folders: Iterable[MachineFolder],
    known: Mapping[str, str] | None = None,
    *,
    refused: Refused = _raise,
) -> Iterator[dict[str, HandlerFunction]]:
    """Every handler the folders name, by Lambda function name, with `known` names filled in. The
    modules are forgotten after.

    `refused`, which raises EngineError if none is given, is told of a folder with a file that can't
    be imported or lacks the function, and of the second one with a function name."""
    modules: dict[Path, ModuleType] = {}
    handlers: dict[str, HandlerFunction] = {}
    try:
        for folder in folders:
            found = {}
            try:
                for template, target in folder.file.handlers.items():
                    name = fill(template, known or {})
                    handler = found[name] = _resolve(folder.path, target, modules)
                    if handlers.get(name, handler) is not handler:
                        taken = f"another state machine gives the function name {name!r}"
                        raise EngineError(f"{taken} to another handler.")
                handlers |= found
            except (ServiceError, EngineError) as error:
                named = isinstance(error, EngineError)
                reason = str(error) if named else f"a function can't be named: {error.detail}"
                refused(FolderProblem(folder.path, reason))
        yield handlers
    finally:
        for module in modules.values():
            sys.modules.pop(module.__name__, None)


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
    name = f"{_PACKAGE}.{file.parent.name}.{file.stem}".replace("-", "_")
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
