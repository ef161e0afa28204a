"""A redrive reopens an execution: what broke runs again, in whichever way its events tell it."""

import pytest

from handrail.core.history.projection import Projection
from handrail.core.models import ExecutionStatus, StateStatus
from tests.core.histories import History, Track, items_of, statuses


def failed_task() -> tuple[History, int]:
    """A history redriven after `Charge` failed, and the id of its Entered event."""
    history = History()
    track = history.main.visit("Pass", "Prepare").enter("Task", "Charge")
    entered = track.last
    track.schedule().fails().then("ExecutionFailed", error="Boom", cause="it broke")
    track.then("ExecutionRedriven", redriveCount=1)
    return history, entered


def test_a_redrive_reopens_the_execution() -> None:
    history, _ = failed_task()
    execution = history.fold().execution
    assert execution is not None
    assert execution.status is ExecutionStatus.RUNNING
    assert execution.redrive_count == 1
    assert (execution.stopped_at, execution.error, execution.cause) == (None, None, None)


def test_a_redrive_changes_the_execution_s_fields() -> None:
    history, _ = failed_task()
    projection = Projection()
    projection.fold(history.events[:-1])
    change = projection.fold(history.events[-1:])
    assert change.execution == {"status", "stopped_at", "error", "cause", "redrive_count"}


def test_a_redrive_without_a_count_is_one_more() -> None:
    history, _ = failed_task()
    history.main.then("ExecutionFailed", error="Boom").then("ExecutionRedriven")
    execution = history.fold().execution
    assert execution is not None
    assert execution.redrive_count == 2


@pytest.mark.parametrize("shape", ["entry", "failure", "redrive"])
def test_a_redriven_task_is_scheduled_again_in_its_old_visit(shape: str) -> None:
    history, entered = failed_task()
    previous = {"entry": entered, "failure": entered + 3, "redrive": history.main.last}[shape]
    track = Track(history, previous).schedule()
    state = history.fold().states["Charge"]
    assert state["status"] == StateStatus.RUNNING
    assert (state["entered"], state["running"], state["failed"], state["retries"]) == (1, 1, 0, 0)
    track.then("TaskSucceeded").exit("Task", "Charge").then("ExecutionSucceeded", output="1")
    state = history.fold().states["Charge"]
    assert (state["status"], state["succeeded"], state["caught"]) == (StateStatus.SUCCEEDED, 1, 0)


def test_a_redriven_task_may_be_entered_again() -> None:
    history, _ = failed_task()
    history.main.task("Charge").then("ExecutionSucceeded")
    state = history.fold().states["Charge"]
    assert (state["entered"], state["failed"], state["succeeded"]) == (2, 1, 1)
    assert state["status"] == StateStatus.SUCCEEDED


def test_a_redriven_task_s_retries_go_on() -> None:
    history, entered = failed_task()
    track = Track(history, entered).schedule().fails().schedule()
    assert history.fold().states["Charge"]["retries"] == 1
    assert (
        track.fails()
        .then("ExecutionFailed", error="Boom")
        .history.fold()
        .states["Charge"]["status"]
        == StateStatus.FAILED
    )


def test_a_redriven_callback_task_is_pending_again() -> None:
    history, entered = failed_task()
    Track(history, entered).schedule("invoke.waitForTaskToken")
    assert [task.state for task in history.fold().tasks] == ["Charge"]
    assert history.fold().states["Charge"]["status"] == StateStatus.WAITING


def test_a_state_that_has_no_attempts_is_redriven_by_its_exit() -> None:
    history = History()
    track = history.main.enter("Wait", "Rest")
    entered = track.last
    track.then("ExecutionTimedOut").then("ExecutionRedriven", redriveCount=1)
    assert history.fold().states["Rest"]["status"] == StateStatus.TIMED_OUT
    Track(history, entered).exit("Wait", "Rest")
    state = history.fold().states["Rest"]
    assert (state["status"], state["failed"], state["succeeded"]) == (StateStatus.SUCCEEDED, 0, 1)


def test_a_redriven_state_s_exit_is_no_catch() -> None:
    history = History()
    track = history.main.enter("Choice", "Which")
    entered = track.last
    track.then("ExecutionFailed", error="States.Runtime").then("ExecutionRedriven")
    Track(history, entered).exit("Choice", "Which")
    state = history.fold().states["Which"]
    assert (state["status"], state["failed"]) == (StateStatus.SUCCEEDED, 0)


def broken_parallel() -> tuple[History, dict[str, int]]:
    """Redriven after B failed in `Both`; A was stopped, C done. The ids of Entered events."""
    history = History()
    main = history.main.enter("Parallel", "Both")
    ids = {"Both": main.last}
    main.then("ParallelStateStarted")
    a, b, c = main.fork().enter("Task", "A"), main.fork().enter("Task", "B"), main.fork()
    ids |= {"A": a.last, "B": b.last}
    a.schedule()
    c.task("C")
    b.schedule().fails().then("ParallelStateFailed").then("ExecutionFailed", error="Boom")
    b.then("ExecutionRedriven", redriveCount=1)
    main.last = b.last
    return history, ids


def test_a_redriven_parallel_goes_on_in_the_branches_that_broke() -> None:
    history, ids = broken_parallel()
    assert statuses(history.fold()) == {
        "Both": "FAILED",
        "A": "ABORTED",
        "B": "FAILED",
        "C": "SUCCEEDED",
    }
    b, a = Track(history, ids["B"]).schedule(), Track(history, ids["A"])
    assert statuses(history.fold()) == {
        "Both": "RUNNING",
        "A": "ABORTED",
        "B": "RUNNING",
        "C": "SUCCEEDED",
    }
    a.schedule()
    b.then("TaskSucceeded").exit("Task", "B")
    a.then("TaskSucceeded").exit("Task", "A").visit("Pass", "A2")
    a.aside("ParallelStateSucceeded").exit("Parallel", "Both").then("ExecutionSucceeded")
    projection = history.fold()
    assert set(statuses(projection).values()) == {"SUCCEEDED"}
    assert all(s["entered"] == s["succeeded"] == 1 for s in projection.states.values())


def test_a_redriven_parallel_may_start_its_branches_again() -> None:
    history, ids = broken_parallel()
    track = Track(history, ids["Both"]).then("ParallelStateStarted")
    a, b = track.fork().task("A"), track.fork().task("B")
    assert history.fold().states["Both"]["status"] == StateStatus.RUNNING
    assert history.fold().states["Both"]["retries"] == 0
    b.last = max(a.last, b.last)
    b.aside("ParallelStateSucceeded").exit("Parallel", "Both").then("ExecutionSucceeded")
    projection = history.fold()
    assert set(statuses(projection).values()) == {"SUCCEEDED"}
    assert (projection.states["B"]["entered"], projection.states["B"]["failed"]) == (2, 1)


def test_a_branch_s_state_may_be_entered_again_from_the_redrive() -> None:
    history, _ = broken_parallel()
    a, b = history.main.fork(), history.main.fork()
    a.enter("Task", "A").schedule()
    b.enter("Task", "B").schedule()
    projection = history.fold()
    assert statuses(projection)["Both"] == "RUNNING"
    assert (projection.states["A"]["running"], projection.states["A"]["aborted"]) == (1, 1)
    b.then("TaskSucceeded").exit("Task", "B")
    a.then("TaskSucceeded").exit("Task", "A").aside("ParallelStateSucceeded")
    a.exit("Parallel", "Both").then("ExecutionSucceeded")
    assert set(statuses(history.fold()).values()) == {"SUCCEEDED"}


def test_what_broke_before_a_redrive_doesn_t_count_against_a_fresh_start() -> None:
    history = History()
    main = history.main.enter("Parallel", "One")
    entered = main.last
    branch = main.then("ParallelStateStarted").fork().visit("Pass", "Prepare").enter("Task", "B")
    branch.schedule().fails().then("ParallelStateFailed").then("ExecutionFailed", error="Boom")
    branch.then("ExecutionRedriven", redriveCount=1)
    again = Track(history, entered).then("ParallelStateStarted").visit("Pass", "Prepare")
    again.visit("Choice", "Other").aside("ParallelStateSucceeded").exit("Parallel", "One")
    assert history.fold().states["One"]["status"] == StateStatus.SUCCEEDED


def broken_map() -> tuple[History, Track, int]:
    """Redriven after item 1 of 2 failed; the track at the Map's start, the Task's Entered id."""
    history = History()
    main = history.main.enter("Map", "Each").then("MapStateStarted", length=2)
    start = main.fork()
    done = main.fork().then("MapIterationStarted", name="Each", index=0).task("Ship")
    done.aside("MapIterationSucceeded", name="Each", index=0)
    broken = main.fork().then("MapIterationStarted", name="Each", index=1).enter("Task", "Ship")
    entered = broken.last
    broken.schedule().fails().aside("MapIterationFailed", name="Each", index=1)
    broken.then("MapStateFailed").then("ExecutionFailed", error="Boom")
    broken.then("ExecutionRedriven", redriveCount=1)
    return history, start, entered


@pytest.mark.parametrize("restarted", [False, True])
def test_a_redriven_map_runs_only_what_broke(restarted: bool) -> None:
    history, start, entered = broken_map()
    assert history.fold().states["Each"]["items"] == items_of(total=2, succeeded=1, failed=1)
    if restarted:
        track = start.fork().then("MapIterationStarted", name="Each", index=1).enter("Task", "Ship")
    else:
        track = Track(history, entered)
    track.schedule()
    each = history.fold().states["Each"]
    assert (each["status"], each["entered"]) == (StateStatus.RUNNING, 1)
    assert each["items"] == items_of(total=2, running=1, succeeded=1)
    track.then("TaskSucceeded").exit("Task", "Ship")
    track.aside("MapIterationSucceeded", name="Each", index=1).aside("MapStateSucceeded")
    track.exit("Map", "Each").then("ExecutionSucceeded")
    projection = history.fold()
    assert set(statuses(projection).values()) == {"SUCCEEDED"}
    assert projection.states["Each"]["items"] == items_of(total=2, succeeded=2)
    assert projection.states["Ship"]["entered"] == (3 if restarted else 2)


def test_a_redriven_map_may_start_from_the_beginning() -> None:
    history, start, _ = broken_map()
    Track(history, start.last - 1).then("MapStateStarted", length=2)
    each = history.fold().states["Each"]
    assert (each["status"], each["retries"]) == (StateStatus.RUNNING, 0)
    assert each["items"] == items_of(total=2)


@pytest.mark.parametrize("again", ["MapRunRedriven", "MapRunStarted"])
def test_a_map_run_is_redriven(again: str) -> None:
    history = History()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    start = track.last
    track.then("MapRunStarted", mapRunArn="arn").then("MapRunFailed", error="E")
    track.then("MapStateFailed").then("ExecutionFailed", error="E").then("ExecutionRedriven")
    track.last = start
    track.then(again, mapRunArn="arn")
    state = history.fold().states["Each"]
    assert (state["status"], state["retries"]) == (StateStatus.RUNNING, 0)
    track.then("MapRunSucceeded").aside("MapStateSucceeded").exit("Map", "Each")
    assert history.fold().states["Each"]["status"] == StateStatus.SUCCEEDED


def test_a_redriven_execution_that_is_stopped_leaves_nothing_open() -> None:
    history, ids = broken_parallel()
    Track(history, ids["B"]).schedule("invoke.waitForTaskToken")
    history.write("ExecutionAborted", 0, {})
    projection = history.fold()
    assert statuses(projection) == {
        "Both": "ABORTED",
        "A": "ABORTED",
        "B": "ABORTED",
        "C": "SUCCEEDED",
    }
    assert projection.tasks == ()
