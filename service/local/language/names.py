"""Which errors a Retrier or Catcher names.

moto has one kind of name for the `States.*` errors and refuses them in the other kind, which it
makes of whatever failed (CustomErrorName): a branch's States.Timeout, or a task that was told to
fail with one, ended the execution with the refusal. The rules of the wildcards are AWS's
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html), but that
States.ALL takes States.DataLimitExceeded: executions recorded on AWS show that of a task's result.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.parse import preprocessor

from .seam import Seam

HEARTBEAT = "States.HeartbeatTimeout"
_NO_FAILED_TASK = {"States.Runtime", "States.DataLimitExceeded", "States.Timeout"}


class DeclaredName(CustomErrorName):  # type: ignore[misc] # moto has no types
    """A name in a definition, where `States.` still is for AWS's own."""

    __init__ = CustomErrorName.__init__


class MissedHeartbeat(StatesErrorName):  # type: ignore[misc] # moto has no types
    """Reported as States.Timeout; Retry and Catch may tell it from others by its own name."""

    def __init__(self) -> None:
        super().__init__(StatesErrorNameType.StatesTimeout)


def matches(declared: set[str], error: Any) -> bool:
    """Whether one of the names in ErrorEquals is the error's, or a wildcard that takes it in.

    `error` is moto's name object, None for a failure without a name.
    """
    name = error.error_name if error else None
    return (
        name in declared
        or (HEARTBEAT in declared and isinstance(error, MissedHeartbeat))
        or ("States.ALL" in declared and name != "States.Runtime")
        or ("States.TaskFailed" in declared and name not in _NO_FAILED_TASK)
    )


def _equals(self: Any, env: Any) -> None:
    error = env.stack.pop()
    env.stack.append(matches({name.error_name for name in self.error_names}, error))


SEAMS: tuple[Seam, ...] = (
    (CustomErrorName, "__init__", ErrorName.__init__),
    (preprocessor, "CustomErrorName", DeclaredName),
    (ErrorEqualsDecl, "_eval_body", _equals),
)
