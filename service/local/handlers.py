"""Loading handlers: `handlers.py:charge_card` of a state machine's folder becomes a function."""

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from service.core.errors import ServiceError
from service.core.substitution import fill
from service.usecases.machine_folder import FolderProblem, MachineFolder, Refused

from .errors import EngineError, text_of

Handler = Callable[..., Any]
_PACKAGE = "handrail_handlers"


def _raise(problem: FolderProblem) -> None:
    raise EngineError(str(problem))


@contextmanager
def loaded_handlers(
    folders: Iterable[MachineFolder],
    known: Mapping[str, str] | None = None,
    *,
    refused: Refused = _raise,
) -> Iterator[dict[str, Handler]]:
    """Every handler the folders name, by Lambda function name, with `known` names filled in. The
    modules are forgotten after.

    Told to `refused`, which raises EngineError if nothing else is said: folders with a file that is
    missing, that can't be imported or that has no such function, and the second of two folders
    that give one function name to different handlers.
    """
    modules: dict[Path, ModuleType] = {}
    handlers: dict[str, Handler] = {}
    try:
        for folder in folders:
            try:
                handlers |= _handlers_of(folder, known or {}, modules, taken=handlers)
            except EngineError as error:
                reason = str(error).removeprefix(f"{folder.path}: ")
                refused(FolderProblem(folder.path, reason.removeprefix(f"{folder.path}/")))
        yield handlers
    finally:
        for module in modules.values():
            sys.modules.pop(module.__name__, None)


def _handlers_of(
    folder: MachineFolder,
    known: Mapping[str, str],
    modules: dict[Path, ModuleType],
    *,
    taken: Mapping[str, Handler],
) -> dict[str, Handler]:
    found: dict[str, Handler] = {}
    for template, target in folder.file.handlers.items():
        function_name = _filled(folder.path, template, known)
        handler = found[function_name] = _resolve(folder.path, target, modules)
        if taken.get(function_name, handler) is not handler:
            raise EngineError(
                f"{folder.path}: another state machine gives the function name"
                f" {function_name!r} to another handler."
            )
    return found


def _filled(folder: Path, name: str, known: Mapping[str, str]) -> str:
    try:
        return fill(name, known)
    except ServiceError as error:
        raise EngineError(f"{folder}: a function can't be named: {error.detail}") from error


def _resolve(folder: Path, target: str, modules: dict[Path, ModuleType]) -> Handler:
    file_name, colon, name = target.partition(":")
    file = (folder / file_name).resolve()
    if not (colon and name and file.is_file()):
        raise EngineError(f"{folder}: the handler {target!r} names no file here.")
    if file not in modules:
        modules[file] = _import(file)
    handler = getattr(modules[file], name, None)
    if not callable(handler):
        raise EngineError(f"{file}: there is no function {name}.")
    return handler  # type: ignore[no-any-return] # callable() says no more


def _import(file: Path) -> ModuleType:
    name = f"{_PACKAGE}.{file.parent.name}.{file.stem}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise EngineError(f"{file}: is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        reason = " ".join(text_of(error).split())
        raise EngineError(f"{file}: can't be imported: {type(error).__name__}: {reason}") from error
    return module
