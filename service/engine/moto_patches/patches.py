"""Declares patches of moto's interpreter, and puts them in place while an engine runs.

A patch is a function. Its decorator names the places in moto it is for, `module:Class.method` or
`module:name` below `moto.stepfunctions.parser.asl`; its docstring says why it is needed."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules, resolve_name
from typing import Any, TypeVar
from unittest import mock

Replacement = TypeVar("Replacement")


@dataclass(frozen=True, slots=True)
class Patch:
    """A wrapping one is given what it wraps as its first argument."""

    place: str
    replacement: Any
    wrapping: bool


PATCHES: list[Patch] = []
_PLACED: dict[tuple[Any, str], Any] = {}
_UNPLACED: list[Patch] = []
"""Those of them that no place was found for yet: a module may declare more at any time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a module of this package mends, in whole sentences: what moto does, the first moto known
    to do it, what AWS does, and how that is known (a recording, AWS's documents, a specification).
    The module's `FAULT`; docs/engine.md lists them."""

    moto: str
    since: str
    aws: str
    known: str


def faults() -> Mapping[str, Fault]:
    """What is mended, by the name of its module."""
    package = import_module(__package__)
    modules = (
        import_module(f"{__package__}.{each.name}") for each in iter_modules(package.__path__)
    )
    return {
        module.__name__.rpartition(".")[2]: module.FAULT
        for module in modules
        if hasattr(module, "FAULT")
    }


def replaces(*places: str, wrapping: bool = False) -> Callable[[Replacement], Replacement]:
    """Declares that the decorated function, or other value, stands in these places."""

    def declared(decorated: Replacement) -> Replacement:
        patches = [Patch(place, decorated, wrapping) for place in places]
        PATCHES.extend(patches)
        _UNPLACED.extend(patches)
        return decorated

    return declared


def wraps(*places: str) -> Callable[[Replacement], Replacement]:
    """Declares that the decorated function is called in these places, the original being its first
    argument. Of two patches of one place the later one wraps the earlier one."""
    return replaces(*places, wrapping=True)


@contextmanager
def installed() -> Iterator[None]:
    """Patches moto while it lasts, also where it is patched already."""
    with ExitStack() as stack:
        for (owner, name), value in _found().items():
            stack.enter_context(mock.patch.object(owner, name, value))
        yield


def _found() -> dict[tuple[Any, str], Any]:
    """What stands where, found once: what moto has before anything is patched is the original."""
    while _UNPLACED:
        patch = _UNPLACED.pop(0)
        module, _, path = patch.place.partition(":")
        class_name, _, name = path.rpartition(".")
        owner = resolve_name(f"moto.stepfunctions.parser.asl.{module}:{class_name}")
        original = _PLACED.get((owner, name), inspect.getattr_static(owner, name))
        value = patch.replacement
        if patch.wrapping:
            value = _wrapped(value, getattr(original, "__func__", original))
        _PLACED[owner, name] = staticmethod(value) if isinstance(original, staticmethod) else value
    return _PLACED


def _wrapped(wrapper: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **named: wrapper(original, *args, **named)
