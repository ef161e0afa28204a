"""Map: iterations are many visits at once, inline here or in a Map Run's executions elsewhere."""

import pytest

from handrail.core.models import StateStatus
from tests.core.histories import (
    History,
    failure,
    item,
    items_of,
    join,
    map_of,
    parallel,
    statuses,
    unknown_items,
)


def test_iterations_of_a_map_are_many_visits_at_once() -> None:
    history = History()
    first, second, third = map_of(history.main, "Each", 3)
    for track in (third, first, second):
        track.enter("Task", "Ship").schedule()
    first.fails()
    second.then("TaskSucceeded").exit("Task", "Ship")
    state = history.fold().states["Ship"]
    assert (state["entered"], state["running"], state["succeeded"]) == (3, 2, 1)
    assert state["status"] == StateStatus.RUNNING
    third.then("TaskSucceeded").exit("Task", "Ship")
    assert history.fold().states["Ship"]["status"] == StateStatus.RETRYING


def test_a_map_counts_its_items() -> None:
    history = History()
    first, second, _ = map_of(history.main, "Each", 5)[:3]
    first.visit("Pass", "P").aside("MapIterationSucceeded", name="Each", index=0)
    assert history.fold().states["Each"]["items"] == items_of(total=5, running=4, succeeded=1)
    second.enter("Fail", "Stop").aside("MapIterationFailed", name="Each", index=1)
    items = history.fold().states["Each"]["items"]
    assert items == items_of(total=5, running=3, succeeded=1, failed=1)


def test_a_state_that_is_no_map_has_no_items() -> None:
    history = History()
    history.main.visit("Pass", "P")
    assert history.fold().states["P"]["items"] is None


def test_an_iteration_may_start_from_the_end_of_another() -> None:
    history = History()
    (track,) = map_of(history.main, "Each", 1)
    for index in range(1, 40):
        track.visit("Pass", "P").aside("MapIterationSucceeded", name="Each", index=index - 1)
        item(track, "Each", index)
    track.visit("Pass", "P").aside("MapIterationSucceeded", name="Each", index=39)
    track.aside("MapStateSucceeded").exit("Map", "Each").then("ExecutionSucceeded")
    projection = history.fold()
    assert statuses(projection) == {"Each": "SUCCEEDED", "P": "SUCCEEDED"}
    assert projection.states["P"]["entered"] == 40


def test_a_broken_iteration_fails_the_map_and_aborts_the_rest() -> None:
    history = History()
    first, second = map_of(history.main, "Each", 2)
    first.enter("Task", "Ship").schedule()
    second.enter("Task", "Pack").schedule().fails()
    second.aside("MapIterationFailed", name="Each", index=1)
    assert history.fold().states["Each"]["status"] == StateStatus.RETRYING
    first.aside("MapIterationAborted", name="Each", index=0)
    second.then("MapStateFailed").then("ExecutionFailed", error="Boom", cause="it broke")
    projection = history.fold()
    assert statuses(projection) == {"Each": "FAILED", "Ship": "ABORTED", "Pack": "FAILED"}
    assert projection.states["Each"]["items"] == items_of(total=2, failed=1, aborted=1)
    assert projection.states["Each"]["last_error"] == failure("Boom", "it broke")


def test_a_sibling_s_abort_doesn_t_hide_a_failure_of_the_same_state() -> None:
    history = History()
    first, second = map_of(history.main, "Each", 2)
    first.enter("Task", "Ship").schedule()
    second.enter("Task", "Ship").schedule().fails()
    second.aside("MapIterationFailed", name="Each", index=1)
    first.aside("MapIterationAborted", name="Each", index=0)
    second.then("MapStateFailed").exit("Map", "Each")
    ship = history.fold().states["Ship"]
    assert (ship["status"], ship["failed"], ship["aborted"]) == (StateStatus.FAILED, 1, 1)
    assert history.fold().states["Each"]["status"] == StateStatus.CAUGHT


def test_a_retried_map_closes_its_old_iterations_and_counts_anew() -> None:
    history = History()
    first, second = map_of(history.main, "Each", 2)
    first.enter("Task", "Ship").schedule()
    second.enter("Fail", "Stop").aside("MapIterationFailed", name="Each", index=1)
    second.then("MapStateStarted", length=2)
    item(second.fork(), "Each", 0).task("Ship")
    projection = history.fold()
    assert statuses(projection) == {"Each": "RUNNING", "Ship": "SUCCEEDED", "Stop": "FAILED"}
    each, ship = projection.states["Each"], projection.states["Ship"]
    assert (each["entered"], each["retries"]) == (1, 1)
    assert each["items"] == items_of(total=2, running=1)
    assert (ship["entered"], ship["aborted"], ship["succeeded"], ship["running"]) == (2, 1, 1, 0)


def test_a_map_in_a_map_is_told_apart_by_the_chain() -> None:
    history = History()
    outers = map_of(history.main, "Outer", 2)
    inners = [map_of(outer, "Inner", 2) for outer in outers]
    for index in range(2):
        for inner in inners:
            inner[index].visit("Pass", "P")
            inner[index].aside("MapIterationSucceeded", name="Inner", index=index)
    outers[0].last = inners[0][1].last
    outers[0].aside("MapStateSucceeded").exit("Map", "Inner")
    projection = history.fold()
    assert (projection.states["Inner"]["succeeded"], projection.states["Inner"]["running"]) == (
        1,
        1,
    )
    outers[1].last = inners[1][1].last
    outers[1].aside("MapStateSucceeded").exit("Map", "Inner")
    for index in range(2):
        outers[index].aside("MapIterationSucceeded", name="Outer", index=index)
    outers[1].aside("MapStateSucceeded").exit("Map", "Outer").then("ExecutionSucceeded")
    projection = history.fold()
    assert set(statuses(projection).values()) == {"SUCCEEDED"}
    assert projection.states["Inner"]["items"] == items_of(total=4, succeeded=4)
    assert projection.states["P"]["succeeded"] == 4


def test_a_broken_inner_map_breaks_the_outer_iteration() -> None:
    history = History()
    outer, other = map_of(history.main, "Outer", 2)
    other.enter("Wait", "Rest")
    (inner,) = map_of(outer, "Inner", 1)
    inner.enter("Task", "T").schedule().fails()
    inner.aside("MapIterationFailed", name="Inner", index=0).then("MapStateFailed")
    inner.aside("MapIterationFailed", name="Outer", index=0)
    inner.then("MapStateStarted", length=2)
    projection = history.fold()
    assert statuses(projection) == {
        "Outer": "RUNNING",
        "Rest": "ABORTED",
        "Inner": "FAILED",
        "T": "FAILED",
    }
    assert projection.states["Outer"]["retries"] == 1
    assert projection.states["Inner"]["retries"] == 0


def test_a_parallel_in_a_map_opens_the_same_branches_many_times() -> None:
    history = History()
    for index, track in enumerate(map_of(history.main, "Each", 3)):
        left, right = parallel(track, "Both")
        left.task("A")
        right.enter("Task", "B").schedule()
        if index:
            join(track, "Both", right.then("TaskSucceeded").exit("Task", "B"))
            track.aside("MapIterationSucceeded", name="Each", index=index)
    states = history.fold().states
    assert (states["Both"]["running"], states["Both"]["succeeded"]) == (1, 2)
    assert (states["B"]["running"], states["B"]["succeeded"]) == (1, 2)
    assert states["A"]["succeeded"] == 3


@pytest.mark.parametrize("pointed_at", ["MapRunStarted", "MapRunSucceeded"])
def test_a_distributed_map_runs_elsewhere(pointed_at: str) -> None:
    history = History()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    track.then("MapRunStarted", mapRunArn="arn")
    started = track.last
    track.then("MapRunSucceeded")
    if pointed_at == "MapRunStarted":
        track.last = started
    track.aside("MapStateSucceeded").exit("Map", "Each").then("ExecutionSucceeded")
    state = history.fold().states["Each"]
    assert (state["status"], state["retries"]) == (StateStatus.SUCCEEDED, 0)
    assert state["items"] == unknown_items(total=9)


def test_a_map_run_that_fails_fails_its_map() -> None:
    history = History()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    track.then("MapRunStarted", mapRunArn="arn").then("MapRunFailed", error="E", cause="C")
    track.then("MapStateFailed").then("ExecutionFailed", error="E", cause="C")
    state = history.fold().states["Each"]
    assert (state["status"], state["last_error"]) == (StateStatus.FAILED, failure("E", "C"))


@pytest.mark.parametrize("again", ["MapStateStarted", "MapRunStarted"])
def test_a_distributed_map_is_retried(again: str) -> None:
    history = History()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    track.then("MapRunStarted", mapRunArn="arn").then("MapRunFailed", error="E", cause="C")
    assert history.fold().states["Each"]["status"] == StateStatus.RETRYING
    state = track.then(again, length=9).history.fold().states["Each"]
    assert (state["status"], state["retries"], state["entered"]) == (StateStatus.RUNNING, 1, 1)


def test_the_next_iteration_starts_in_the_map_whose_iteration_made_room() -> None:
    history = History()
    outers = map_of(history.main, "Outer", 2)
    inners = [map_of(outer, "Inner", 1)[0] for outer in outers]
    for inner in inners:
        inner.visit("Pass", "P").aside("MapIterationSucceeded", name="Inner", index=0)
    item(inners[0], "Inner", 1).enter("Wait", "Rest")
    inners[1].aside("MapStateSucceeded").exit("Map", "Inner")
    projection = history.fold()
    assert statuses(projection)["Rest"] == "WAITING"
    assert (projection.states["Inner"]["succeeded"], projection.states["Inner"]["running"]) == (
        1,
        1,
    )


def test_a_broken_iteration_is_the_one_its_event_names() -> None:
    history = History()
    first, second = map_of(history.main, "Each", 2)
    first.enter("Task", "Ship").schedule()
    second.enter("Choice", "Which")
    history.write("MapIterationFailed", first.last, {"name": "Each", "index": 1})
    assert statuses(history.fold()) == {"Each": "RETRYING", "Ship": "RUNNING", "Which": "FAILED"}


def test_a_map_run_s_error_outlives_the_map_s_failure() -> None:
    history = History()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    track.then("MapRunStarted", mapRunArn="arn").then("MapRunFailed", error="E", cause="C")
    state = track.then("MapStateFailed").exit("Map", "Each").history.fold().states["Each"]
    assert (state["status"], state["last_error"]) == (StateStatus.CAUGHT, failure("E", "C"))
