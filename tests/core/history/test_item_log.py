"""A Map's items: each by its newest attempt, or the Map Runs whose executions they are."""

from typing import Any

import pytest
from hypothesis import given

from handrail.core.history.item_log import ItemLog
from handrail.core.history.projection import Projection
from handrail.core.history.visit_log import Enclosing
from handrail.core.models import HistoryEvent
from tests.core.generated import Simulation
from tests.core.histories import (
    History,
    Recording,
    Track,
    failure,
    item,
    map_of,
    parallel,
    recordings,
)

from .test_projection_properties import simulations


def log_of(events: list[HistoryEvent], state: str = "Each") -> ItemLog:
    log = ItemLog(state)
    log.fold(events)
    return log


def shown(history: History, state: str = "Each") -> list[tuple[int, str]]:
    return [(found.index, found.status.value) for found in log_of(history.events, state).items]


def succeeds(track: Track, index: int) -> None:
    track.visit("Pass", "P").aside("MapIterationSucceeded", name="Each", index=index)


def test_items_are_told_by_index() -> None:
    history = History()
    first, second, third = map_of(history.main, "Each", 3)
    succeeds(second, 1)
    succeeds(first, 0)
    third.enter("Task", "Ship").schedule()
    assert shown(history) == [(0, "SUCCEEDED"), (1, "SUCCEEDED"), (2, "RUNNING")]
    last = [*log_of(history.events).items][-1]
    assert (last.started_at, last.stopped_at, last.failure) == (history.events[5].at, None, None)


def test_items_not_begun_yet_are_not_told_of() -> None:
    history = History()
    history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    item(history.main.fork(), "Each", 0)
    assert shown(history) == [(0, "RUNNING")]


def test_a_failed_item_says_why_and_its_siblings_are_aborted() -> None:
    history = History()
    first, second = map_of(history.main, "Each", 2)
    first.enter("Task", "Ship").schedule()
    second.enter("Task", "Pack").schedule().fails()
    second.aside("MapIterationFailed", name="Each", index=1)
    first.aside("MapIterationAborted", name="Each", index=0)
    second.then("MapStateFailed").then("ExecutionFailed", error="Boom", cause="it broke")
    assert shown(history) == [(0, "ABORTED"), (1, "FAILED")]
    aborted, failed = log_of(history.events).items
    assert (aborted.failure, failed.failure) == (None, failure("Boom", "it broke"))
    assert failed.stopped_at is not None


def test_a_retried_map_has_the_items_of_its_newest_attempt() -> None:
    history = History()
    first, _ = map_of(history.main, "Each", 2)
    first.enter("Task", "Ship").schedule().fails()
    first.aside("MapIterationFailed", name="Each", index=0)
    first.then("MapStateStarted", length=2)
    item(first.fork(), "Each", 0)
    assert shown(history) == [(0, "RUNNING")]


def test_a_loop_s_newest_visit_comes_first() -> None:
    history = History()
    entered = []
    for _ in range(2):
        (track,) = map_of(history.main, "Each", 1)
        entered.append(track.last - 2)
        succeeds(track, 0)
        history.main.last = track.last
        history.main.aside("MapStateSucceeded").exit("Map", "Each")
    found = [item.map.entered for item in log_of(history.events).items]
    assert found == entered[::-1]


def test_a_map_in_a_branch_says_so() -> None:
    history = History()
    left, _ = parallel(history.main, "Both")
    map_of(left, "Each", 1)
    (found,) = log_of(history.events).items
    assert found.map.within == (Enclosing("Both", "Parallel"),)


def test_a_redriven_item_runs_again() -> None:
    history = History()
    track = map_of(history.main, "Each", 1)[0]
    started = track.last
    track.enter("Task", "Ship").schedule().fails()
    track.aside("MapIterationFailed", name="Each", index=0).then("MapStateFailed")
    track.then("ExecutionFailed", error="Boom").then("ExecutionRedriven", redriveCount=1)
    again = Track(history, started - 1)
    item(again, "Each", 0)
    assert shown(history) == [(0, "RUNNING")]


def distributed(track: Track, arn: str, **details: Any) -> Track:
    track.enter("Map", "Each").then("MapStateStarted", length=3)
    return track.then("MapRunStarted", mapRunArn=arn, **details)


def test_a_distributed_map_has_map_runs_the_newest_first() -> None:
    history = History()
    for arn in ("first", "second"):
        distributed(history.main, arn).then("MapRunSucceeded").exit("Map", "Each")
    log = log_of(history.events)
    assert [run.arn for run in log.runs] == ["second", "first"]
    assert [*log.items] == []


def test_a_retried_distributed_map_has_its_newest_map_run_alone() -> None:
    history = History()
    track = distributed(history.main, "first").then("MapRunFailed", error="E")
    track.then("MapStateStarted", length=3).then("MapRunStarted", mapRunArn="second")
    assert [run.arn for run in log_of(history.events).runs] == ["second"]


def assert_as_projected(events: list[HistoryEvent]) -> None:
    projection = Projection()
    projection.fold(events)
    for name, state in projection.states.items():
        log = log_of(events, name)
        counted = state["items"]
        if counted is None or log.runs:
            assert [*log.items] == []
            continue
        found = [item.status.value.lower() for item in log.items]
        for kind in ("running", "succeeded", "failed", "aborted"):
            assert found.count(kind) == counted[kind], (name, kind)


@given(simulations())
def test_items_of_a_drawn_execution_sum_up_to_what_is_counted(simulation: Simulation) -> None:
    assert_as_projected(simulation.history.events)


@pytest.mark.parametrize("recording", recordings())
def test_items_of_a_recorded_execution_sum_up_to_what_is_counted(recording: Recording) -> None:
    assert_as_projected(list(recording.events))
