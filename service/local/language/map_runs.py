"""Map Runs with more failures than the Map tolerates.

moto counts the child executions that failed, gives null for each and goes on as if all was well.
AWS fails the Map Run, by default over the first failure
(https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html).
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
)

from .failures import bare_failure
from .seam import Seam

_EXCEEDED = StatesErrorNameType.StatesExceedToleratedFailureThreshold
_CAUSE = "The specified tolerated failure threshold was exceeded"

MapRun = Callable[[Any, Any, Any], None]


def exceeded(failed: int, *, total: int, count: int, percentage: float) -> bool:
    """Whether `failed` items of `total` are too many. A threshold of 0 is one not given; with
    none given, nothing is tolerated; with both, the first exceeded counts."""
    if not (count or percentage):
        return failed > 0
    return bool((count and failed > count) or (percentage and failed * 100 > percentage * total))


def _tolerated(map_run: MapRun) -> MapRun:
    def run(self: Any, env: Any, eval_input: Any) -> None:
        map_run(self, env, eval_input)
        items = eval_input.map_run_record.item_counter
        failed = items.failed.get() + items.timed_out.get() + items.aborted.get()
        if exceeded(
            failed,
            total=items.total.get(),
            count=eval_input.tolerated_failure_count,
            percentage=eval_input.tolerated_failure_percentage,
        ):
            raise bare_failure(env, _CAUSE, _EXCEEDED)

    return run


SEAMS: tuple[Seam, ...] = (
    (DistributedIterationComponent, "_map_run", _tolerated(DistributedIterationComponent._map_run)),
)
