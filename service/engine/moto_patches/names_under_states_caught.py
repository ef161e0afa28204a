"""Lets Retry and Catch name errors of one's own under `States.`."""

from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto refuses a definition whose Retry or Catch names an error under `States.` that it "
    "doesn't know, such as States.Http.Socket or one of one's own.",
    since="5.0.16 or earlier",
    aws="ErrorEquals takes any name; a Fail state may fail with it.",
    known="AWS's documents on HTTP tasks, and published state machines that end a Parallel by a "
    "Fail with States.QuorumMet, which a Catch takes.",
)


@replaces("parse.preprocessor:CustomErrorName")
class CaughtName(names.CustomErrorName):  # type: ignore[misc] # moto has no types
    """A name in a definition's ErrorEquals."""

    def __init__(self, error_name: str) -> None:
        self.error_name = error_name
