"""Lets whatever fails have any name."""

from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto refuses a definition whose Retry or Catch names an error under `States.` that it "
    "doesn't know, and `States.*` in the names it makes of whatever failed: a branch's "
    "States.Timeout, or a task that was told to fail with one, ended the execution with the "
    "refusal.",
    since="5.0.16 or earlier",
    aws="Errors have any name, and ErrorEquals takes any.",
    known="AWS's documents on HTTP tasks, and published state machines that end a Parallel by a "
    "Fail with States.QuorumMet, which a Catch takes.",
)
_NAME = "component.common.error_name.custom_error_name:CustomErrorName"


@replaces(f"{_NAME}.__init__")
def allow_any_name(self: names.CustomErrorName, error_name: str | None) -> None:
    """AWS's own too."""
    self.error_name = error_name
