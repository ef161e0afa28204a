"""Fails a Fail state whose error or cause is no text."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .field_names import field
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto takes what ErrorPath and CausePath lead to for the error and the cause, whatever "
    "it is.",
    since="5.0.16 or earlier",
    aws="What is no text fails the state with States.Runtime.",
    known="AWS's documents on the Fail state: the path must resolve to a string.",
)


@wraps(
    "component.state.fail.error_decl:Error._eval_body",
    "component.state.fail.cause_decl:Cause._eval_body",
)
def read_text(original: Callable[..., None], self: Any, env: Any) -> None:
    """An Error or Cause that is no text is States.Runtime."""
    original(self, env)
    if not isinstance(env.stack[-1], str):
        path = self.string_expression.literal_value
        raise failure(env, f"The {field(self)} parameter does not reference a string: {path}")
