"""Fails a Choice whose condition is no boolean."""

from typing import Any

from .jsonata_evaluator import unexpected
from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto ends the execution with a RuntimeError's repr where a JSONata Condition is no "
    "boolean.",
    since="5.1.0",
    aws="It is States.QueryEvaluationError, which names the type.",
    known="Executions recorded on AWS, of other fields.",
)


@replaces("component.state.choice.comparison.comparison:ConditionStringJSONata._eval_body")
def decide(self: Any, env: Any) -> None:
    """moto ends the execution with a RuntimeError's repr where a condition is no boolean."""
    self.string_jsonata.eval(env=env)
    if not isinstance(env.stack[-1], bool):
        raise unexpected(env, self.string_jsonata.expression, env.stack[-1], "boolean")
