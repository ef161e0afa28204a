"""Logs no failure that the history tells."""

from typing import Any

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto logs a failure at each level around it, and fails once more where it can't be told.",
    since="5.1.0",
    aws="The history tells of it once.",
    known="A property test breaks the interpreter at places drawn by lot.",
)


@replaces(
    "component.eval_component:EvalComponent._log_exception",
    "component.eval_component:EvalComponent._log_failure_event_exception",
)
def log_nothing(self: Any, *_: Any, **__: Any) -> None:
    """Neither what was expected nor what wasn't."""
