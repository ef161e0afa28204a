"""Leaves `$states.result` and `$states.errorOutput` out where there is none."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Where there is no result and no error, $states.result and $states.errorOutput are null,"
    " and in a Catch the error stands in $states.result too.",
    since="5.1.0",
    aws="There they are undefined, so that an expression of them fails its state.",
    known="AWS's page on transforming data.",
)


@wraps("eval.states:States.reset")
def forget(original: Callable[..., None], self: Any, input_value: Any) -> None:
    """moto sets both to null."""
    original(self, input_value)
    for name in ("result", "errorOutput"):
        self._states_data.pop(name, None)


@wraps("component.common.catch.catcher_decl:CatcherDecl._eval_body")
def catch(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto takes the error for the state's result."""
    env.states._states_data.pop("result", None)
    original(self, env)
