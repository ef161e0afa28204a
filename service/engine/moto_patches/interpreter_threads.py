"""How many failures a distributed Map takes."""

from collections.abc import Callable
from typing import Any

from .failures import failure
from .patches import wraps

_ITERATION = "component.state.exec.state_map.iteration"


def exceeded(failed: int, *, total: int, count: int, percentage: float) -> bool:
    """True where `failed` items of `total` are too many. A threshold of 0 is one not given; with
    none given, nothing is tolerated; with both, the first exceeded counts."""
    if not (count or percentage):
        return failed > 0
    return bool((count and failed > count) or (percentage and failed * 100 > percentage * total))


@wraps(f"{_ITERATION}.distributed_iteration_component:DistributedIterationComponent._map_run")
def run_map(original: Callable[..., None], self: Any, env: Any, eval_input: Any) -> None:
    """moto gives null for each failed child execution. AWS fails the Map Run, by default for one
    (https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html)."""
    original(self, env, eval_input)
    items = eval_input.map_run_record.item_counter
    failed = items.failed.get() + items.timed_out.get() + items.aborted.get()
    count, percentage = eval_input.tolerated_failure_count, eval_input.tolerated_failure_percentage
    if exceeded(failed, total=items.total.get(), count=count, percentage=percentage):
        cause = "The specified tolerated failure threshold was exceeded"
        raise failure(env, cause, "States.ExceedToleratedFailureThreshold", located=False)
