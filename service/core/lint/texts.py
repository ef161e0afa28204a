"""The text itself: how long it is, and placeholders nobody filled in."""

from collections.abc import Iterator

from service.core.definition import Definition
from service.core.limits import MAX_DEFINITION
from service.core.models import MachineType
from service.core.substitution import names

from .finding import Finding, Severity


def texts(definition: Definition, _: MachineType) -> Iterator[Finding]:
    if (length := len(definition.text)) > MAX_DEFINITION:
        message = f"It has {length:,} characters; AWS takes {MAX_DEFINITION:,} at most."
        yield Finding("definition-too-long", Severity.ERROR, message)
    for name in names(definition.text):
        yield Finding(
            "leftover-substitution",
            Severity.WARNING,
            f"${{{name}}} was not filled in: AWS takes it as it stands.",
            next((s.name for s in definition.all_states if _mentions(s.raw, name)), None),
        )


def _mentions(raw: object, name: str) -> bool:
    return f"${{{name}}}" in repr(raw)
