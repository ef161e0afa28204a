"""What each track of a history is in the middle of: a branch, an iteration, a task's own thread.

A track is moto's EventHistoryContext, which knows the event that the next one follows. What is
noted on it here says what a failure elsewhere cuts short, and by which event a state was entered.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType

_ABORTED = {
    "Map": HistoryEventType.MapStateAborted,
    "Parallel": HistoryEventType.ParallelStateAborted,
    "Task": HistoryEventType.TaskStateAborted,
    "Wait": HistoryEventType.WaitStateAborted,
}
"""The other types' states take no time."""
_ITERATION = "mapIterationStartedEventDetails"


def note(track: Any, event_type: str, details: Mapping[str, Any] | None, event_id: int) -> None:
    """An event was written on the track."""
    if event_type.endswith("StateEntered"):
        track.entered_event_id = event_id
        track.state_type = event_type.removesuffix("StateEntered")
    elif event_type.endswith("StateExited"):
        track.state_type = None
    elif event_type == "MapIterationStarted" and details:
        track.iteration = details[_ITERATION]
    elif event_type == "MapIterationSucceeded":
        track.iteration = None
    elif event_type.startswith("MapRun"):
        track.runs_map = event_type == "MapRunStarted"


def entered_event_id(track: Any) -> int:
    """By which event the state at hand was entered."""
    return int(getattr(track, "entered_event_id", track.source_event_id))


def inherit(track: Any, outer: Any) -> None:
    """The track begins in the middle of a state of the outer one."""
    track.entered_event_id = entered_event_id(outer)
    track.abandoned = is_abandoned(outer)


def abandon(environment: Any) -> None:
    """Nothing more is written of what runs in the environment, and in its own ones."""
    environment.event_history_context.abandoned = True
    for frame in list(environment._frames):
        abandon(frame)


def is_abandoned(track: Any) -> bool:
    return getattr(track, "abandoned", False)


def _runs_map(environment: Any) -> bool:
    own = getattr(environment.event_history_context, "runs_map", False)
    return own or any(map(_runs_map, list(environment._frames)))


def cut_short(environment: Any, own: bool) -> Iterator[tuple[HistoryEventType, Any]]:
    """The events, with their details, that tell what a failure cuts short in the environment: in
    its `own`, the task that failed; in another, an iteration, and the state it was in."""
    track = environment.event_history_context
    state_type = getattr(track, "state_type", None)
    iteration = getattr(track, "iteration", None)
    if own:
        if state_type == "Task" and iteration is None:
            yield _ABORTED["Task"], None
        return
    if iteration is not None:
        yield HistoryEventType.MapIterationAborted, {"mapIterationAbortedEventDetails": iteration}
    if state_type == "Map" and _runs_map(environment):
        yield HistoryEventType.MapRunAborted, None
    if state_type in _ABORTED:
        yield _ABORTED[state_type], None
