"""What of values concerns JSONata."""

import copy
from collections.abc import Callable
from typing import Any

from .jsonata_evaluator import unexpected
from .patches import replaces, wraps

_TIMEOUTS = "component.common.timeouts"
_WAIT = "component.state.wait.wait_function"


@replaces(
    f"{_WAIT}.seconds:SecondsJSONata._get_wait_seconds",
    f"{_TIMEOUTS}.timeout:TimeoutSecondsJSONata._eval_seconds",
    f"{_TIMEOUTS}.heartbeat:HeartbeatSecondsJSONata._eval_seconds",
    "component.state.exec.state_map.max_concurrency:MaxConcurrencyJSONata._eval_max_concurrency",
)
def evaluate_number(self: Any, env: Any) -> int:
    """What is no number is States.QueryEvaluationError."""
    self.string_jsonata.eval(env=env)
    value = env.stack.pop()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unexpected(env, self.string_jsonata.expression, value, "number")
    return int(value)


@wraps("component.common.assign.assign_decl:AssignDecl._eval_body")
def assign(original: Callable[..., None], self: Any, env: Any) -> None:
    """What a state assigns is seen by the next one, not by its own Output; moto assigns first."""
    before = copy.copy(env.variable_store)
    before._inner_scope = dict(before._inner_scope)
    before._declaration_tracing = set()
    original(self, env)
    env.variables_before = (_visit(env), before)


@wraps("component.common.outputdecl:Output._eval_body")
def evaluate_output(original: Callable[..., None], self: Any, env: Any) -> None:
    """Output is evaluated with the variables as they were when the state was entered."""
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
