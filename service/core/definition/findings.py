"""Describes one thing that `lint` finds in a definition."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from .definition import State


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """What lint says of a definition. `code` is stable; `path` is dotted from the document's root,
    `""` for all of it."""

    code: str
    severity: Severity
    message: str
    state: str | None = None
    path: str = ""


def _about(severity: Severity, state: State, code: str, message: str, field: str = "") -> Finding:
    """A finding on a state, or on one of its fields."""
    path = f"{state.path}.{field}" if field else state.path
    return Finding(code, severity, message, state.name, path)


error = partial(_about, Severity.ERROR)
warning = partial(_about, Severity.WARNING)
info = partial(_about, Severity.INFO)
