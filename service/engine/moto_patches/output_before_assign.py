"""Evaluates a state's Output with the variables as they were when the state was entered."""

import copy
from collections.abc import Callable
from typing import Any

from .field_locations import within
from .patches import Fault, replaces, wraps

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
    before = copy_of(env.variable_store)
    original(self, env)
    env.variables_before = (visit(env), before)


@replaces("component.common.outputdecl:Output._eval_body")
def evaluate_output(self: Any, env: Any) -> None:
    """moto has assigned by now."""
    env.states.reset(input_value=output_of(self, env))


def output_of(output: Any, env: Any) -> Any:
    """The field's value. Raises its failure."""
    now = env.variable_store
    of_visit, before = getattr(env, "variables_before", (None, None))
    env.variable_store = before if of_visit is visit(env) else now
    try:
        with within(env, output):
            output.jsonata_template_value.eval(env=env)
    finally:
        env.variable_store = now
    return env.stack.pop()


def copy_of(variables: Any) -> Any:
    """The same variables, apart from which no others are changed."""
    copied = copy.copy(variables)
    copied._inner_scope, copied._declaration_tracing = dict(variables._inner_scope), set()
    return copied


def visit(env: Any) -> Any:
    """What is made anew as a state is entered."""
    return env.states.context_object.context_object_data["State"]
