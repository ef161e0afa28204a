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
from service.usecases.machine_folder import MachineFolder

from .errors import EngineError

Handler = Callable[..., Any]
_PACKAGE = "handrail_handlers"


@contextmanager
def loaded_handlers(
    folders: Iterable[MachineFolder], known: Mapping[str, str] | None = None
) -> Iterator[dict[str, Handler]]:
    """Every handler the folders name, by Lambda function name, with `known` names filled in. The
    modules are forgotten after.

    Raises EngineError where a file is missing, can't be imported, has no such function, or where
    two folders give one function name to different handlers.
    """
    modules: dict[Path, ModuleType] = {}
    handlers: dict[str, Handler] = {}
    try:
        for folder in folders:
            for template, target in folder.file.handlers.items():
                function_name = _filled(folder.path, template, known or {})
                handler = _resolve(folder.path, target, modules)
                if handlers.setdefault(function_name, handler) is not handler:
                    raise EngineError(
                        f"{folder.path}: another state machine gives the function name"
                        f" {function_name!r} to another handler."
                    )
        yield handlers
    finally:
        for module in modules.values():
            sys.modules.pop(module.__name__, None)


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
    except Exception as error:
        sys.modules.pop(name, None)
        reason = " ".join(str(error).split())
        raise EngineError(f"{file}: can't be imported: {type(error).__name__}: {reason}") from error
    return module
