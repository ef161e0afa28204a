"""Keeps what a state assigns until it is exited."""

from collections.abc import Callable
from typing import Any

from .assigned_variables import check_limits
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="What a state assigns is seen by its own Output, OutputPath and ResultSelector, and stays"
    " assigned where the state fails afterwards.",
    since="5.1.0",
    aws="What a state assigns is seen by the next state. Where it fails, its Catch alone assigns.",
    known="Executions recorded on AWS.",
)


@replaces("component.common.assign.assign_decl:AssignDecl._eval_body")
def evaluate_assign(self: Any, env: Any) -> None:
    """moto assigns at once."""
    values: dict[str, Any] = {}
    for binding in self.declaration_bindings:
        binding.eval(env=env)
        values |= env.stack.pop()
    check_limits(env, values)
    env.to_assign = (visit(env), values)


@wraps("component.state.state:CommonStateField._get_state_exited_event_details")
def exit_state(original: Callable[..., Any], self: Any, env: Any) -> Any:
    """moto has assigned by now."""
    of_visit, values = getattr(env, "to_assign", (None, {}))
    if of_visit is visit(env):
        for name, value in values.items():
            env.variable_store.set(variable_identifier=name, variable_value=value)
    return original(self, env)


@wraps("component.common.catch.catcher_decl:CatcherDecl._eval_body")
def catch(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto keeps what the state that failed had assigned."""
    env.to_assign = (None, {})
    original(self, env)


def visit(env: Any) -> Any:
    """What is made anew as a state is entered."""
    return env.states.context_object.context_object_data["State"]
