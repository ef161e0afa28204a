"""Fails a Map or Parallel once more where its Catch can't be evaluated."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import (
    StateParallel,
)

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto ends the execution right after the EvaluationFailed of a Catch whose Output or "
    "Assign can't be evaluated.",
    since="5.1.0",
    aws="A Parallel or a Map fails a second time, after the EvaluationFailed of its Catch, which "
    "follows what stands before the first failure.",
    known="Measured on AWS with a Parallel, as the tests of the emulator floci say.",
)

_KINDS = {
    StateMap: HistoryEventType.MapStateFailed,
    StateParallel: HistoryEventType.ParallelStateFailed,
}


@wraps("component.state.exec.execute_state:ExecutionState._handle_catch")
def catch_or_fail_again(
    original: Callable[..., None], self: Any, env: Any, *given: Any, **named: Any
) -> None:
    """moto fails it once."""
    kind = _KINDS.get(type(self))
    if kind is None:
        original(self, env, *given, **named)
        return
    track, failed = env.event_history_context, env.event_history_context.source_event_id
    event = env.event_manager._history_event_list[failed - 1]
    if event["type"] == kind:
        track.source_event_id = event["previousEventId"]
    try:
        original(self, env, *given, **named)
    except failure_event.FailureEventException:
        env.event_manager.add_event(track, kind)
        raise
    track.source_event_id = failed
