"""Tells what a state assigned as JSON, and how much it may assign."""

import json
from collections.abc import Callable
from typing import Any

from .failures import failure
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="In the history a text that a state assigned stands between quotes as it is, so that one"
    " with a quote in it is no JSON; and a variable may hold any amount.",
    since="5.1.0",
    aws="Assigned values are JSON texts; a variable holds 256 KiB at most, and all together 10 MiB.",
    known="Executions recorded on AWS; the limits from AWS's page on variables.",
)
_MOST_BYTES = 256 * 1024
_MOST_BYTES_IN_ALL = 10 * 1024 * 1024
_ERROR = "States.DataLimitExceeded"


@replaces("eval.variable_store:VariableStore.get_assigned_variables")
def assigned_as_json(self: Any) -> dict[str, str]:
    """moto escapes nothing in a text."""
    return {name: _json(self.get(name)) for name in sorted(self._declaration_tracing)}


@wraps("component.common.assign.assign_decl:AssignDecl._eval_body")
def assign_within_limits(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto has no limits."""
    original(self, env)
    store = env.variable_store
    for name in store._declaration_tracing:
        if _size(store.get(name)) > _MOST_BYTES:
            cause = f"The variable '{name}' exceeds the maximum of {_MOST_BYTES} bytes."
            raise failure(env, cause, _ERROR)
    if sum(map(_size, [*store._inner_scope.values(), *store._outer_scope.values()])) > (
        _MOST_BYTES_IN_ALL
    ):
        cause = f"The variables exceed the maximum of {_MOST_BYTES_IN_ALL} bytes in all."
        raise failure(env, cause, _ERROR)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _size(value: Any) -> int:
    return len(_json(value).encode())
