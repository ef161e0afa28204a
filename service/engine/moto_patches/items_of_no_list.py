"""Fails a Map whose items are no list."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto fails a Map with States.QueryEvaluationError where its ItemsPath leads to no array.",
    since="5.1.0",
    aws="It is States.Runtime, and the cause names the path.",
    known="AWS's documents on the Map state; the words weren't checked.",
)


@wraps("component.common.path.items_path:ItemsPath._eval_body")
def read_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """Items that are no array are States.Runtime."""
    original(self, env)
    if not isinstance(env.stack[-1], list):
        path = self.string_sampler.literal_value
        raise failure(env, f'Reference path "{path}" must point to array.')
