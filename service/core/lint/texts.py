"""What was left in the texts: placeholders nobody filled in."""

from collections.abc import Iterator

from service.core.definition import Definition
from service.core.models import MachineType
from service.core.substitution import names

from .finding import Finding, Severity


def texts(definition: Definition, _: MachineType) -> Iterator[Finding]:
    for name in names(definition.text):
        yield Finding(
            "leftover-substitution",
            Severity.WARNING,
            f"${{{name}}} was not filled in: AWS takes it as it stands.",
            next((s.name for s in definition.all_states if _mentions(s.raw, name)), None),
        )


def _mentions(raw: object, name: str) -> bool:
    return f"${{{name}}}" in repr(raw)
