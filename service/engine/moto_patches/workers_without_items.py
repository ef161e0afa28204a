"""Starts no more threads than a Map has items."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto starts MaxConcurrency threads for a Map, however few its items are.",
    since="5.0.16 or earlier",
    aws="A high MaxConcurrency costs nothing.",
    known="AWS's documents on the Map state.",
)
_ITERATION = "component.state.exec.state_map.iteration"


@wraps(f"{_ITERATION}.inline_iteration_component:InlineIterationComponent._launch_worker")
def launch_worker(
    original: Callable[..., Any], self: Any, env: Any, eval_input: Any, job_pool: Any
) -> Any:
    """None where no item is left."""
    return original(self, env, eval_input, job_pool) if job_pool._open_jobs else None
