"""What a track of the history is in the middle of."""

from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext

from handrail.engine.step_functions import tracks


@pytest.fixture
def track() -> Any:
    return EventHistoryContext.of_program_start()


def environment(track: Any, *frames: Any) -> Any:
    return SimpleNamespace(event_history_context=track, _frames=list(frames))


def cut(track: Any, *frames: Any, own: bool = False) -> list[str]:
    return [event.value for event, _ in tracks.cut_short(environment(track, *frames), own=own)]


def test_a_state_is_under_way_from_its_entry_to_its_exit(track: Any) -> None:
    assert cut(track) == []
    tracks.note(track, "WaitStateEntered", None, 7)
    assert (cut(track), tracks.entered_event_id(track)) == (["WaitStateAborted"], 7)
    tracks.note(track, "WaitStateExited", None, 8)
    assert cut(track) == []


@pytest.mark.parametrize("kind", ["Pass", "Choice", "Succeed", "Fail"])
def test_states_that_take_no_time_are_not_cut_short(track: Any, kind: str) -> None:
    tracks.note(track, f"{kind}StateEntered", None, 2)
    assert cut(track) == []


def test_an_iteration_is_told_of_before_the_state_in_it(track: Any) -> None:
    details = {"mapIterationStartedEventDetails": {"name": "M", "index": 3}}
    tracks.note(track, "MapIterationStarted", details, 4)
    tracks.note(track, "TaskStateEntered", None, 5)
    assert cut(track) == ["MapIterationAborted", "TaskStateAborted"]
    tracks.note(track, "TaskStateExited", None, 6)
    tracks.note(track, "MapIterationSucceeded", None, 7)
    assert cut(track) == []


def test_a_map_run_is_told_of_before_its_map(track: Any) -> None:
    inner = EventHistoryContext.of_program_start()
    tracks.note(track, "MapStateEntered", None, 2)
    tracks.note(inner, "MapRunStarted", None, 3)
    assert cut(track, environment(inner)) == ["MapRunAborted", "MapStateAborted"]
    tracks.note(inner, "MapRunSucceeded", None, 4)
    assert cut(track, environment(inner)) == ["MapStateAborted"]


def test_the_task_that_failed_its_branch_is_told_of_too(track: Any) -> None:
    tracks.note(track, "TaskStateEntered", None, 4)
    assert cut(track, own=True) == ["TaskStateAborted"]
    tracks.note(track, "WaitStateEntered", None, 5)
    assert cut(track, own=True) == []


def test_what_is_abandoned_is_so_with_all_in_it() -> None:
    begun = EventHistoryContext.of_program_start
    inner = environment(begun())
    outer = environment(begun(), environment(begun(), inner))
    assert not tracks.is_abandoned(inner.event_history_context)
    tracks.abandon(outer)
    assert tracks.is_abandoned(inner.event_history_context)
    later = EventHistoryContext.of_program_start()
    tracks.inherit(later, inner.event_history_context)
    assert tracks.is_abandoned(later)
