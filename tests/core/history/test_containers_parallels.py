"""Parallel: branches interleave, break each other and are retried."""

from tests.core.histories import History, failure, join, parallel, statuses


def test_branches_interleave() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.enter("Task", "A")
    right.enter("Task", "B").schedule()
    left.schedule()
    right.fails()
    left.then("TaskSucceeded")
    assert statuses(history.fold()) == {"Both": "RUNNING", "A": "RUNNING", "B": "RETRYING"}
    right.schedule().then("TaskSucceeded")
    left.exit("Task", "A").visit("Pass", "A2")
    right.exit("Task", "B")
    join(history.main, "Both", right).then("ExecutionSucceeded")
    assert set(statuses(history.fold()).values()) == {"SUCCEEDED"}
    assert history.fold().states["B"]["retries"] == 1


def test_a_parallel_keeps_running_while_its_branches_wait() -> None:
    history = History()
    left, _ = parallel(history.main, "Both")
    left.enter("Task", "Approve").schedule("invoke.waitForTaskToken")
    assert statuses(history.fold()) == {"Both": "RUNNING", "Approve": "WAITING"}


def test_a_broken_branch_fails_its_parallel_and_stops_its_siblings() -> None:
    history = History()
    left, right, third = parallel(history.main, "All", 3)
    left.enter("Task", "A").schedule()
    third.visit("Pass", "C")
    right.enter("Task", "B").schedule().fails("Boom", "b").then("ParallelStateFailed")
    right.then("ExecutionFailed", error="Boom", cause="b")
    projection = history.fold()
    assert statuses(projection) == {
        "All": "FAILED",
        "A": "ABORTED",
        "C": "SUCCEEDED",
        "B": "FAILED",
    }
    assert projection.states["All"]["last_error"] == failure("Boom", "b")
    assert projection.states["A"]["last_error"] is None


def test_a_caught_parallel_goes_on_elsewhere() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.enter("Wait", "Rest")
    right.enter("Task", "B").schedule().fails().then("ParallelStateFailed")
    right.exit("Parallel", "Both").visit("Pass", "Handle").then("ExecutionSucceeded")
    projection = history.fold()
    assert statuses(projection) == {
        "Both": "CAUGHT",
        "Rest": "ABORTED",
        "B": "FAILED",
        "Handle": "SUCCEEDED",
    }
    assert projection.states["Both"]["last_error"] == failure("Boom", "it broke")


def test_an_abort_that_points_at_the_failure_doesn_t_hide_it() -> None:
    history = History()
    (branch,) = parallel(history.main, "One", 1)
    branch.enter("Task", "A").schedule().fails().aside("TaskStateAborted")
    branch.then("ParallelStateFailed").exit("Parallel", "One")
    assert statuses(history.fold()) == {"One": "CAUGHT", "A": "FAILED"}


def test_a_sibling_stopped_while_backing_off_is_aborted() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.enter("Task", "A").schedule().fails("First", "a")
    right.enter("Task", "B").schedule().fails("Second", "b")
    left.aside("TaskStateAborted")
    right.then("ParallelStateFailed").then("ExecutionFailed", error="Second", cause="b")
    projection = history.fold()
    assert statuses(projection) == {"Both": "FAILED", "A": "ABORTED", "B": "FAILED"}
    assert projection.states["Both"]["last_error"] == failure("Second", "b")


def test_a_retried_parallel_starts_again_without_another_word() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.enter("Task", "A").schedule("invoke.waitForTaskToken")
    right.enter("Task", "B").schedule().fails().then("ParallelStateStarted")
    projection = history.fold()
    assert statuses(projection) == {"Both": "RUNNING", "A": "ABORTED", "B": "FAILED"}
    assert projection.tasks == ()
    assert (projection.states["Both"]["entered"], projection.states["Both"]["retries"]) == (1, 1)
    again, other = right.fork(), right.fork()
    other.task("B")
    join(history.main, "Both", again.task("A")).then("ExecutionSucceeded")
    projection = history.fold()
    assert set(statuses(projection).values()) == {"SUCCEEDED"}
    b = projection.states["B"]
    assert (b["entered"], b["failed"], b["succeeded"]) == (2, 1, 1)


def test_a_parallel_in_a_parallel_breaks_the_outer_one_only_when_nobody_takes_it() -> None:
    history = History()
    outer, side = parallel(history.main, "Outer")
    side.enter("Wait", "Rest")
    inner, _ = parallel(outer, "Inner")
    inner.enter("Task", "A").schedule().fails().then("ParallelStateFailed")
    assert statuses(history.fold()) == {
        "Outer": "RUNNING",
        "Rest": "WAITING",
        "Inner": "FAILED",
        "A": "FAILED",
    }
    inner.then("ParallelStateFailed").then("ExecutionFailed", error="Boom")
    assert statuses(history.fold()) == {
        "Outer": "FAILED",
        "Rest": "ABORTED",
        "Inner": "FAILED",
        "A": "FAILED",
    }


def test_a_fail_state_breaks_the_parallel_around_it() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.enter("Task", "A")
    right.enter("Fail", "Stop").then("ParallelStateFailed")
    right.then("ExecutionFailed", error="Refused", cause="no")
    projection = history.fold()
    assert statuses(projection) == {"Both": "FAILED", "A": "ABORTED", "Stop": "FAILED"}
    assert projection.states["Stop"]["last_error"] == failure("Refused", "no")
    assert projection.states["Both"]["last_error"] == failure("Refused", "no")


def test_a_container_s_own_expression_may_fail_and_be_caught() -> None:
    history = History()
    left, _ = parallel(history.main, "Both")
    history.main.last = left.visit("Pass", "A").last
    history.main.aside("ParallelStateSucceeded")
    history.main.then("EvaluationFailed", error="Q", state="Both", location="Output")
    history.main.exit("Parallel", "Both").visit("Pass", "Handle")
    assert statuses(history.fold())["Both"] == "CAUGHT"
    assert statuses(history.fold())["A"] == "SUCCEEDED"


def test_what_follows_a_container_doesn_t_belong_to_it() -> None:
    history = History()
    for _ in range(3):
        left, right = parallel(history.main, "Both")
        right.visit("Pass", "B")
        join(history.main, "Both", left.visit("Pass", "A")).visit("Choice", "Again")
    history.main.enter("Fail", "Stop").then("ExecutionFailed", error="E")
    states = history.fold().states
    assert (states["Both"]["succeeded"], states["Both"]["failed"]) == (3, 0)
    assert states["Stop"]["failed"] == 1
