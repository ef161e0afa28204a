"""Reports what is wrong or doubtful in a definition before AWS or an execution does.

An `error` is what AWS refuses, or what can never finish; a `warning` what deploys and then
surprises; `info` what is worth a thought.
"""

from service.core.definition.definition import Definition
from service.core.models import MachineType

from .fields import fields
from .findings import Finding, Severity
from .flow import flow
from .tasks import tasks

__all__ = ["Finding", "Severity", "lint"]


def lint(
    definition: Definition, machine_type: MachineType = MachineType.STANDARD
) -> tuple[Finding, ...]:
    """Every finding, errors first, then in document order."""
    severities = tuple(Severity)
    positions = {state.path: index for index, state in enumerate(definition.all_states)}

    def order(finding: Finding) -> tuple[int, int]:
        around = (at for path, at in positions.items() if finding.path.startswith(path))
        return severities.index(finding.severity), max(around, default=-1)

    found = [*flow(definition), *fields(definition), *tasks(definition, machine_type)]
    return tuple(sorted(found, key=order))
