"""Fails a Choice without a rule that fits."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto ends the execution with a RuntimeError's repr where no rule fits and there is no "
    "Default.",
    since="5.1.12",
    aws="It is States.Runtime, not the specification's States.NoChoiceMatched, and the cause is "
    "that the state does not point to a next state.",
    known="Measured on AWS, as the tests of the emulator floci say.",
)
_NO_NEXT = "Failed to transition out of the state. The state does not point to a next state."


@wraps("component.state.choice.state_choice:StateChoice._eval_state")
def choose(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto ends the execution with a RuntimeError's repr where no rule fits."""
    try:
        original(self, env)
    except RuntimeError as error:
        if str(error.args[0]).startswith("No branching option reached"):
            raise failure(env, _NO_NEXT) from error
        raise
