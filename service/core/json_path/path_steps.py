"""The parts of a path, and of the filters in it."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Members:
    """`.a`, `['a']`; `['a','b']`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elements:
    """`[0]`, `[-1]`, `[0,2]`."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """`[1:3]`, `[-2:]`."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class All:
    """`.*`, `[*]`."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(…)]`."""

    predicate: "Predicate"


@dataclass(frozen=True, slots=True)
class Descent:
    """`..` before a step: of each value below, at any depth."""

    step: "Step"


@dataclass(frozen=True, slots=True)
class Call:
    """`.length()` at the end of a path: of what the path before it finds."""

    name: str
    arguments: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Path:
    """From the whole document's root, `$`, or the value at hand in a filter, `@`."""

    from_root: bool
    steps: tuple["Step", ...]

    @property
    def definite(self) -> bool:
        """True where it can find one place only: it gives a value, any other gives a list."""
        if self.steps and isinstance(self.steps[-1], Call):
            return True
        return all(is_definite(step, last=step is self.steps[-1]) for step in self.steps)

    @property
    def names_one_place(self) -> bool:
        """A reference path of the States Language, where a value can be put too."""
        return all(is_definite(step, last=False) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/…/i`."""

    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Either:
    left: "Predicate"
    right: "Predicate"


@dataclass(frozen=True, slots=True)
class Both:
    left: "Predicate"
    right: "Predicate"


@dataclass(frozen=True, slots=True)
class Negation:
    predicate: "Predicate"


@dataclass(frozen=True, slots=True)
class Presence:
    """Something is there, be it null."""

    path: Path


@dataclass(frozen=True, slots=True)
class Comparison:
    left: "Operand"
    operator: str
    right: "Operand"


Step = Members | Elements | Range | All | Filter | Descent | Call
Operand = Path | Literal | Pattern
Predicate = Either | Both | Negation | Presence | Comparison


def is_definite(step: Step, *, last: bool) -> bool:
    """Several members at a path's end are put together into one object."""
    if isinstance(step, Members):
        return last or len(step.names) == 1
    return isinstance(step, Elements) and len(step.indices) == 1
