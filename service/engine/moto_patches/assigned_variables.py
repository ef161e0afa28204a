"""Tells what a state assigned as JSON, and how much it may assign."""

import json
from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from .failures import failure
from .patches import Fault, replaces

FAULT = Fault(
    moto="In the history a text that a state assigned stands between quotes as it is, so that one"
    " with a quote in it is no JSON; and a variable may hold any amount.",
    since="5.1.0",
    aws="Assigned values are JSON texts. A variable holds 256 KiB at most, all together 10 MiB, and"
    " a branch or iteration can't assign one of the scope outside.",
    known="Executions recorded on AWS; the limits from AWS's page on variables.",
)
_MOST_BYTES = 256 * 1024
_MOST_BYTES_IN_ALL = 10 * 1024 * 1024
_ERROR = "States.DataLimitExceeded"


@replaces("eval.variable_store:VariableStore.get_assigned_variables")
def assigned_as_json(self: Any) -> dict[str, str]:
    """moto escapes nothing in a text."""
    return {name: _json(self.get(name)) for name in sorted(self._declaration_tracing)}


def check_limits(env: Any, values: Mapping[str, Any]) -> None:
    """Raises the state's failure where it may not assign these values."""
    store = env.variable_store
    for name, value in values.items():
        if name in store._outer_scope:
            cause = (
                f"The variable '{name}' belongs to the scope outside and can't be assigned here."
            )
            raise failure(env, cause)
        if _size(value) > _MOST_BYTES:
            cause = f"The variable '{name}' exceeds the maximum of {_MOST_BYTES} bytes."
            raise failure(env, cause, _ERROR)
    kept = ChainMap(dict(values), store._inner_scope, store._outer_scope)
    if sum(map(_size, kept.values())) > _MOST_BYTES_IN_ALL:
        cause = f"The variables exceed the maximum of {_MOST_BYTES_IN_ALL} bytes in all."
        raise failure(env, cause, _ERROR)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _size(value: Any) -> int:
    return len(_json(value).encode())
