"""Lets whatever fails have any name."""

from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto refuses `States.*` in the names it makes of whatever failed: a branch's "
    "States.Timeout, or a task that was told to fail with one, ended the execution with the "
    "refusal.",
    since="5.0.16 or earlier",
    aws="Errors have any name; in a definition's ErrorEquals `States.` is for AWS's own.",
    known="Published definitions fail with names of their own under `States.`, and run on AWS.",
)
_NAME = "component.common.error_name.custom_error_name:CustomErrorName"


@replaces("parse.preprocessor:CustomErrorName")
class DeclaredName(names.CustomErrorName):  # type: ignore[misc] # moto has no types
    """A name in a definition, where `States.` still is for AWS's own."""

    __init__ = names.CustomErrorName.__init__


@replaces(f"{_NAME}.__init__")
def allow_any_name(self: names.CustomErrorName, error_name: str | None) -> None:
    """AWS's own too."""
    self.error_name = error_name
