"""What a careful reader would say about a definition, before AWS or an execution does.

An `error` is what AWS refuses, or what can never finish; a `warning` what deploys and then
surprises; `info` what is worth a thought.
"""

from collections.abc import Callable, Iterator

from service.core.definition import Definition
from service.core.models import MachineType

from .errors import error_handling
from .fields import fields
from .finding import Finding, Severity
from .flow import flow
from .languages import languages
from .tasks import tasks
from .texts import texts

__all__ = ["Finding", "Severity", "lint"]

Check = Callable[[Definition, MachineType], Iterator[Finding]]

_CHECKS: tuple[Check, ...] = (flow, fields, error_handling, languages, tasks, texts)
_ORDER = tuple(Severity)


def lint(
    definition: Definition, machine_type: MachineType = MachineType.STANDARD
) -> tuple[Finding, ...]:
    """Everything there is to say, errors first, then in document order."""
    found = [finding for check in _CHECKS for finding in check(definition, machine_type)]
    places = {state.path: place for place, state in enumerate(definition.all_states)}
    return tuple(
        sorted(
            found,
            key=lambda finding: (_ORDER.index(finding.severity), _place(places, finding)),
        )
    )


def _place(places: dict[str, int], finding: Finding) -> int:
    return max((at for path, at in places.items() if finding.path.startswith(path)), default=-1)
