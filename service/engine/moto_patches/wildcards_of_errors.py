"""Knows all wildcards of error names."""

from typing import Any

from .failures import takes
from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto knows no wildcard but States.ALL, which takes States.Runtime with it.",
    since="5.0.16 or earlier",
    aws="States.TaskFailed takes all but a timeout, States.ALL all but States.Runtime; "
    "States.DataLimitExceeded it takes.",
    known="AWS's documents on error names, and executions recorded on AWS.",
)


@replaces("component.common.error_name.error_equals_decl:ErrorEqualsDecl._eval_body")
def match_error(self: Any, env: Any) -> None:
    """Leaves true or false on the stack."""
    error = env.stack.pop()
    env.stack.append(takes({name.error_name for name in self.error_names}, error))
