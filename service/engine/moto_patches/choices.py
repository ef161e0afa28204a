"""Compares texts and times in Choices, and fails a Choice without a rule that fits (with AWS's
States.Runtime, not the language's States.NoChoiceMatched), one that reads what isn't there, and a
condition that is no boolean."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .jsonata_evaluator import unexpected
from .patches import replaces, wraps

_NO_NEXT = "Failed to transition out of the state. The state does not point to a next state."
_COMPARISON = "component.state.choice.comparison"


@wraps("component.state.choice.state_choice:StateChoice._eval_state")
def choose(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto ends the execution with a RuntimeError's repr where no rule fits."""
    try:
        original(self, env)
    except RuntimeError as error:
        if str(error.args[0]).startswith("No branching option reached"):
            raise failure(env, _NO_NEXT) from error
        raise


@replaces(f"{_COMPARISON}.comparison:ConditionStringJSONata._eval_body")
def decide(self: Any, env: Any) -> None:
    """moto ends the execution with a RuntimeError's repr where a condition is no boolean."""
    self.string_jsonata.eval(env=env)
    if not isinstance(env.stack[-1], bool):
        raise unexpected(env, self.string_jsonata.expression, env.stack[-1], "boolean")
