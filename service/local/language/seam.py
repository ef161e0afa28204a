"""A place in moto, and what stands there while an engine runs."""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Seam = tuple[Any, str, Any]
"""The owner (a class or a module), the attribute's name, the attribute."""


@contextmanager
def standing(*seams: Seam) -> Iterator[None]:
    """While it lasts, in the order given; then moto is as it was."""
    with ExitStack() as undo:
        for owner, name, value in seams:
            undo.callback(setattr, owner, name, inspect.getattr_static(owner, name))
            setattr(owner, name, value)
        yield
