"""Fails a state that breaks in a way moto foresaw for none."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event

from .failures import failure, reason
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto ends the execution with the repr of whatever exception it met.",
    since="5.0.16 or earlier",
    aws="A state that can't be evaluated fails with States.Runtime, and the cause says where "
    "and why.",
    known="Executions recorded on AWS.",
)


@wraps("component.state.state:CommonStateField._eval_body")
def evaluate_state(original: Callable[..., None], self: Any, env: Any) -> None:
    """What no state of moto's foresees ends the execution there."""
    try:
        original(self, env)
    except failure_event.FailureEventException:
        raise
    except Exception as error:  # whatever the interpreter's parts raise
        raise failure(env, reason(env, error)) from error
