"""Reports what is wrong or doubtful in a definition before AWS or an execution does.

An `error` is what AWS refuses; a `warning` what deploys and then surprises; `info` what is worth a
thought. `rules.py` has the table of all rules, each module a family of them.
"""

from handrail.core.definition.definition import Definition
from handrail.core.models import MachineType

from .aws_operations import AwsOperations
from .findings import Finding
from .rules import RULES, Severity

__all__ = ["RULES", "AwsOperations", "Finding", "Severity", "lint"]


def lint(
    definition: Definition,
    machine_type: MachineType = MachineType.STANDARD,
    *,
    operations: AwsOperations | None = None,
    account_id: str | None = None,
) -> tuple[Finding, ...]:
    """Every finding, errors first, then in document order, each with its line. `operations` knows
    AWS's API where somebody wants `aws-sdk` tasks to be held against it; `account_id` is the one
    account that ARNs may name."""
    from .linting import all_findings  # noqa: PLC0415 - seldom asked for, slow to import

    return all_findings(definition, machine_type, operations, account_id)
