"""Takes the items of a Map in turn."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's worker calls itself for its next item, deeper with each: thousands are too deep.",
    since="5.0.16 or earlier",
    aws="A Map's items are as many as its input holds.",
    known="AWS's documents on the Map state.",
)
_ITERATION = "component.state.exec.state_map.iteration"
_ITERATION_WORKER = f"{_ITERATION}.iteration_worker:IterationWorker"


@wraps(f"{_ITERATION_WORKER}._eval_pool")
def run_items_in_turn(original: Callable[..., None], self: Any, **item: Any) -> None:
    """The first call goes on with what the others bring."""
    if (next_items := getattr(self, "_next_items", None)) is not None:
        next_items.append(item)
        return
    self._next_items = next_items = [item]
    while next_items:
        original(self, **next_items.pop())
