"""Evaluates a state's Output with the variables as they were when the state was entered."""

import copy
from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="A state's Output sees what its own Assign has assigned.",
    since="5.1.0",
    aws="What a state assigns is seen by the next state: Assign and Output are evaluated with the"
    " variables as they were when the state was entered.",
    known="Executions recorded on AWS.",
)


@wraps("component.common.assign.assign_decl:AssignDecl._eval_body")
def assign(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto forgets what the variables were before."""
    before = copy.copy(env.variable_store)
    before._inner_scope = dict(before._inner_scope)
    before._declaration_tracing = set()
    original(self, env)
    env.variables_before = (_visit(env), before)


@wraps("component.common.outputdecl:Output._eval_body")
def evaluate_output(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto has assigned by now."""
    now = env.variable_store
    visit, before = getattr(env, "variables_before", (None, None))
    env.variable_store = before if visit is _visit(env) else now
    try:
        original(self, env)
    finally:
        env.variable_store = now


def _visit(env: Any) -> Any:
    """What is made anew as a state is entered."""
    return env.states.context_object.context_object_data["State"]
