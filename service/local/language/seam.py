"""Declares patches of moto's interpreter, and puts them in place while an engine runs.

A patch is a function. Its decorator names the places in moto it is for, `module:Class.method` or
`module:name` below `moto.stepfunctions.parser.asl`; its docstring says why it is needed.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps as with_the_name_of
from pkgutil import resolve_name
from typing import Any, TypeVar

Replacement = TypeVar("Replacement")


@dataclass(frozen=True, slots=True)
class Patch:
    """A wrapping one is given what it wraps as its first argument."""

    place: str
    replacement: Any
    wrapping: bool = False


PATCHES: list[Patch] = []


def replaces(*places: str) -> Callable[[Replacement], Replacement]:
    """Declares that the decorated function, or other value, stands in these places."""
    return lambda decorated: _declared(places, decorated, wrapping=False)


def wraps(*places: str) -> Callable[[Replacement], Replacement]:
    """Declares that the decorated function is called in these places, with the original before the
    place's arguments. Of two patches of one place the later one wraps the earlier one."""
    return lambda decorated: _declared(places, decorated, wrapping=True)


def _declared(places: tuple[str, ...], decorated: Replacement, *, wrapping: bool) -> Replacement:
    PATCHES.extend(Patch(place, decorated, wrapping) for place in places)
    return decorated


@contextmanager
def installed(*more: Patch) -> Iterator[None]:
    """Patches moto with PATCHES and `more`, in this order, and undoes it all when left."""
    with ExitStack() as undo:
        for patch in (*PATCHES, *more):
            module, _, path = patch.place.partition(":")
            class_name, _, name = path.rpartition(".")
            owner = resolve_name(f"moto.stepfunctions.parser.asl.{module}:{class_name}")
            before = inspect.getattr_static(owner, name)
            value = patch.replacement
            if patch.wrapping:
                value = _wrapped(value, getattr(owner, name))
            if name in vars(owner):
                undo.callback(setattr, owner, name, before)
            else:
                undo.callback(delattr, owner, name)
            setattr(owner, name, staticmethod(value) if isinstance(before, staticmethod) else value)
        yield


def _wrapped(wrapper: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    @with_the_name_of(original)
    def call(*args: Any, **named: Any) -> Any:
        return wrapper(original, *args, **named)

    return call
