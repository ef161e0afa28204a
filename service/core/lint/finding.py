"""One thing that a lint check found."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial

from service.core.definition import State
from service.core.models import Json


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `path` is dotted from the document's root, `""` for all of it."""

    code: str
    severity: Severity
    message: str
    state: str | None = None
    path: str = ""

    def document(self) -> dict[str, Json]:
        """JSON-ready."""
        return asdict(self)


def _about(severity: Severity, state: State, code: str, message: str, field: str = "") -> Finding:
    """A finding on a state, or on one of its fields."""
    path = f"{state.path}.{field}" if field else state.path
    return Finding(code, severity, message, state.name, path)


error = partial(_about, Severity.ERROR)
warning = partial(_about, Severity.WARNING)
info = partial(_about, Severity.INFO)
