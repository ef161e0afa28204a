"""Answers `service`, this package's name a version ago, with `handrail`, as long as no other
package of that name is found: a program's own `service` comes first."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import CodeType, ModuleType

OLD, NEW = "service", "handrail"
GOING = "The package `service` is called `handrail` now: import that. This name is going away."


def stand_in() -> None:
    """From now on `import service` finds this package where it finds no other."""
    if not any(isinstance(finder, _Package) for finder in sys.meta_path):
        sys.meta_path.append(_Package())


def take_over() -> ModuleType:
    """Makes `service` this very package: it was found by its folder's name."""
    warnings.warn(GOING, DeprecationWarning, stacklevel=3)
    if not any(isinstance(finder, _Modules) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Modules())
    sys.modules[OLD] = import_module(NEW)
    return sys.modules[OLD]


class _SameModules(InspectLoader):
    """Loads the module of the new name as the one of the old: there is one of each."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = take_over() if spec.name == OLD else import_module(_new(spec.name))
        self._specs[spec.name] = module.__spec__  # importing replaces it
        return module

    def exec_module(self, module: ModuleType) -> None:
        for name, spec in tuple(self._specs.items()):
            if sys.modules.get(name) is module:
                module.__spec__ = spec
                del self._specs[name]

    def get_source(self, fullname: str) -> str | None:
        return None

    def get_code(self, fullname: str) -> CodeType | None:
        """For `python -m`."""
        spec = find_spec(_new(fullname))
        if spec is None or not isinstance(spec.loader, InspectLoader):
            return None
        return spec.loader.get_code(spec.name)


class _Package(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, _SameModules()) if fullname == OLD else None


class _Modules(MetaPathFinder):
    """Of the package that `take_over` made ours; another program's own finds its own modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        ours = sys.modules.get(OLD) is sys.modules.get(NEW)
        below = fullname.startswith(f"{OLD}.")
        return spec_from_loader(fullname, _SameModules()) if below and ours else None


def _new(name: str) -> str:
    return NEW + name.removeprefix(OLD)
