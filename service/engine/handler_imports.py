"""Imports handlers' files and the modules beside them, those of each state machine apart: two may
have a `util.py` each, and neither is found by anybody else's `import util`."""

import builtins
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

_ROOT = "handrail_handlers"


@contextmanager
def handler_imports() -> Iterator["HandlerImports"]:
    """Leaving forgets every module."""
    imports = HandlerImports()
    sys.meta_path.insert(0, imports)
    package = sys.modules[_ROOT] = ModuleType(_ROOT)
    package.__path__ = []
    try:
        yield imports
    finally:
        sys.meta_path.remove(imports)
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{_ROOT}.")]:
            del sys.modules[name]


class HandlerImports(MetaPathFinder):
    """Makes groups of modules that know only each other and what is installed."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def group(self, folders: Sequence[Path]) -> "ModuleGroup":
        """A new one, of the modules in these folders, the first first."""
        invalidate_caches()  # files may be new since the folders were looked into
        label = re.sub(r"\W", "_", folders[0].name)
        group = ModuleType(f"{_ROOT}.{label}_{next(self._numbers)}")
        group.__path__ = [str(folder) for folder in folders]
        sys.modules[group.__name__] = group
        return ModuleGroup(group.__name__, folders)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{_ROOT}."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path)
            spec.cached = None
        return spec


class ModuleGroup:
    def __init__(self, name: str, folders: Sequence[Path]) -> None:
        self._name, self._folders = name, folders

    def load(self, dotted: str) -> ModuleType:
        """The module of this name in the group. Raises what importing it raises."""
        return import_module(f"{self._name}.{dotted}")

    def run(self, code: str, file_name: str) -> ModuleType:
        """A module of code that stands in no file of its own."""
        module = ModuleType(f"{self._name}.{Path(file_name).stem}")
        module.__file__ = file_name
        module.__dict__["__builtins__"] = _builtins_of(module.__name__)
        sys.modules[module.__name__] = module
        exec(compile(code, file_name, "exec"), module.__dict__)  # noqa: S102 it is a handler's
        return module


class _Loader(SourceFileLoader):
    """Reads the source each time: compiled files go by seconds, and somebody saves twice in one."""

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        raise OSError("No compiled file is wanted.")

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = _builtins_of(module.__name__)
        super().exec_module(module)


def _builtins_of(module: str) -> dict[str, Any]:
    """Python's, with an `import` that looks among the module's own group first."""
    group = ".".join(module.split(".")[:2])

    def import_here(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        first = name.partition(".")[0]
        if level or not _has(group, first):
            return builtins.__import__(name, globals, locals, fromlist, level)
        leaf = builtins.__import__(f"{group}.{name}", globals, locals, fromlist or ("",), 0)
        return leaf if fromlist else sys.modules[f"{group}.{first}"]

    return {**vars(builtins), "__import__": import_here}


def _has(group: str, name: str) -> bool:
    """True for a file or a package in the group's folders; for a folder that is no package where
    nothing else bears the name, as Python has it."""
    folders = [Path(folder) for folder in sys.modules[group].__path__]
    if any((f / f"{name}.py").is_file() or (f / name / "__init__.py").is_file() for f in folders):
        return True
    return any((folder / name).is_dir() for folder in folders) and not _installed(name)


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:  # a module that was made by hand
        return True


def search_path(file: Path, home: Path) -> tuple[list[Path], str]:
    """Where a handler's imports are looked for, and its own name there: beside it (above the
    packages it is in), then in the folders up to `home`, the state machine's."""
    folder, dotted = file.parent, file.stem
    while (folder / "__init__.py").is_file():
        folder, dotted = folder.parent, f"{folder.name}.{dotted}"
    folders = [folder]
    if folder.is_relative_to(home):
        folders += [above for above in folder.parents if above.is_relative_to(home)]
    return folders, dotted
