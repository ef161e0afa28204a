"""One Task after another: attempts, retries, catches, waits and callbacks."""

import pytest

from handrail.core.history.projection import Projection
from handrail.core.models import StateStatus
from handrail.core.protocol.document_shapes import StateDocument
from tests.core.histories import History, Track, failure

ACTIVITY = "arn:aws:states:us-east-1:111111111111:activity:inspect"


def at(track: Track, name: str = "Charge") -> StateDocument:
    return track.history.fold().states[name]


def test_a_task_runs_from_its_entry_to_its_exit() -> None:
    track = History().main.enter("Task", "Charge")
    assert at(track)["status"] == StateStatus.RUNNING
    assert at(track.schedule())["running"] == 1
    assert at(track.then("TaskSucceeded"))["status"] == StateStatus.RUNNING
    assert at(track.exit("Task", "Charge"))["status"] == StateStatus.SUCCEEDED
    assert at(track)["running"] == 0


def test_a_failed_attempt_is_retried() -> None:
    track = History().main.enter("Task", "Charge").schedule().fails("Boom", "once")
    backing_off = at(track)
    assert backing_off["status"] == StateStatus.RETRYING
    assert (backing_off["running"], backing_off["failed"], backing_off["retries"]) == (1, 0, 0)
    again = at(track.schedule())
    assert again["status"] == StateStatus.RUNNING
    assert again["retries"] == 1
    done = at(track.then("TaskSucceeded").exit("Task", "Charge"))
    assert (done["status"], done["succeeded"], done["caught"]) == (StateStatus.SUCCEEDED, 1, 0)
    assert done["last_error"] == failure("Boom", "once")


def test_a_catch_takes_a_failure() -> None:
    track = History().main.enter("Task", "Charge").schedule().fails()
    caught = at(track.exit("Task", "Charge").visit("Pass", "Refund"))
    assert (caught["status"], caught["caught"], caught["failed"]) == (StateStatus.CAUGHT, 1, 0)
    assert caught["last_error"] == failure("Boom", "it broke")


def test_a_failure_nobody_takes_ends_the_execution() -> None:
    track = History().main.enter("Task", "Charge").schedule().fails()
    failed = at(track.then("ExecutionFailed", error="Boom"))
    assert (failed["status"], failed["failed"], failed["running"]) == (StateStatus.FAILED, 1, 0)
    assert failed["last_error"] == failure("Boom", "it broke")


@pytest.mark.parametrize("kind", ["Task", "LambdaFunction", "Activity"])
def test_a_timed_out_task_says_so(kind: str) -> None:
    track = History().main.enter("Task", "Charge")
    track.then(f"{kind}Scheduled", resource="r").then(f"{kind}Started")
    track.then(f"{kind}TimedOut", error="States.Timeout")
    ended = at(track.then("ExecutionFailed", error="States.Timeout"))
    assert (ended["status"], ended["failed"]) == (StateStatus.TIMED_OUT, 1)
    assert ended["last_error"] == failure("States.Timeout", None)


def test_a_timed_out_attempt_may_be_retried_or_caught() -> None:
    track = History().main.enter("Task", "Charge").schedule()
    track.then("TaskTimedOut", error="States.HeartbeatTimeout")
    assert at(track)["status"] == StateStatus.RETRYING
    track.schedule().then("TaskTimedOut", error="States.HeartbeatTimeout")
    assert at(track.exit("Task", "Charge"))["status"] == StateStatus.CAUGHT
    assert at(track)["retries"] == 1


@pytest.mark.parametrize(
    "type_", ["LambdaFunctionScheduleFailed", "ActivityScheduleFailed"], ids=str
)
def test_a_schedule_that_fails_is_an_attempt(type_: str) -> None:
    track = History().main.enter("Task", "Charge").then(type_, error="E").then(type_, error="E")
    assert at(track)["retries"] == 1
    assert at(track.exit("Task", "Charge"))["status"] == StateStatus.CAUGHT


@pytest.mark.parametrize(
    "type_", ["TaskSubmitFailed", "TaskStartFailed", "LambdaFunctionStartFailed"]
)
def test_an_attempt_may_fail_before_it_runs(type_: str) -> None:
    track = History().main.enter("Task", "Charge").schedule().then(type_, error="E", cause="C")
    assert at(track)["status"] == StateStatus.RETRYING
    assert at(track.schedule())["retries"] == 1
    assert at(track)["last_error"] == failure("E", "C")


def test_an_expression_that_fails_breaks_its_state() -> None:
    track = History().main.enter("Pass", "Compute")
    track.then("EvaluationFailed", error="Q", cause="C", state="Compute", location="Output")
    state = at(track.then("ExecutionFailed", error="Q"), "Compute")
    assert (state["status"], state["last_error"]) == (StateStatus.FAILED, failure("Q", "C"))


def test_an_attempt_after_a_failed_expression_is_a_retry() -> None:
    track = History().main.enter("Task", "Charge")
    track.then("EvaluationFailed", error="Q", state="Charge", location="Arguments")
    assert at(track.schedule())["retries"] == 1


def test_a_failed_expression_belongs_to_the_state_it_names() -> None:
    history = History()
    track = history.main.visit("Pass", "First")
    before = track.last
    track.enter("Pass", "Second")
    history.write("EvaluationFailed", before, {"error": "Q", "state": "Second"})
    states = history.fold().states
    assert states["Second"]["last_error"] == failure("Q", None)
    assert states["First"]["last_error"] is None


def test_a_task_may_fail_on_the_output_of_a_success() -> None:
    track = History().main.enter("Task", "Charge").schedule().then("TaskSucceeded")
    track.then("EvaluationFailed", error="Q", state="Charge")
    assert at(track.exit("Task", "Charge"))["status"] == StateStatus.CAUGHT


def test_a_loop_is_many_visits_of_one_state() -> None:
    track = History().main
    for _ in range(50):
        track.task("Poll").visit("Choice", "Ready")
    state = at(track.enter("Task", "Poll"), "Poll")
    assert (state["entered"], state["succeeded"], state["running"]) == (51, 50, 1)
    assert state["status"] == StateStatus.RUNNING


def test_the_last_visit_tells_how_a_closed_state_stands() -> None:
    track = History().main.enter("Task", "Charge").schedule().fails().exit("Task", "Charge")
    assert at(track.task("Charge"))["status"] == StateStatus.SUCCEEDED
    assert (at(track)["caught"], at(track)["succeeded"]) == (1, 1)


def test_a_wait_state_waits() -> None:
    track = History().main.enter("Wait", "Rest")
    assert at(track, "Rest")["status"] == StateStatus.WAITING
    assert at(track, "Rest")["running"] == 1
    assert at(track.exit("Wait", "Rest"), "Rest")["status"] == StateStatus.SUCCEEDED


def callback() -> Track:
    track = History().main.enter("Task", "Approve")
    details = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
    return track.then("TaskScheduled", **details).then("TaskStarted").then("TaskSubmitted")


def test_a_callback_task_waits_and_is_pending_until_settled() -> None:
    track = callback()
    assert at(track, "Approve")["status"] == StateStatus.WAITING
    assert [t.resource for t in track.history.fold().tasks] == ["sqs:sendMessage.waitForTaskToken"]
    track.then("TaskSucceeded")
    assert track.history.fold().tasks == ()
    assert at(track.exit("Task", "Approve"), "Approve")["status"] == StateStatus.SUCCEEDED


@pytest.mark.parametrize("type_", ["TaskFailed", "TaskTimedOut", "TaskStateAborted"])
def test_a_callback_task_that_broke_is_pending_no_more(type_: str) -> None:
    assert callback().then(type_, error="E").history.fold().tasks == ()


def test_a_retried_callback_task_is_pending_under_its_new_event() -> None:
    track = callback().fails().schedule("invoke.waitForTaskToken")
    assert [task.event_id for task in track.history.fold().tasks] == [7]
    assert at(track, "Approve")["status"] == StateStatus.WAITING


def test_an_activity_waits_for_its_worker() -> None:
    track = History().main.enter("Task", "Inspect")
    track.then("ActivityScheduled", resource=ACTIVITY, heartbeatInSeconds=9)
    (task,) = track.history.fold().tasks
    assert (task.resource, task.state, task.heartbeat_seconds) == ("activity:inspect", "Inspect", 9)
    assert at(track.then("ActivityStarted", workerName="w"), "Inspect")["status"] == "WAITING"
    assert track.then("ActivitySucceeded", output="{}").history.fold().tasks == ()


@pytest.mark.parametrize("resource", ["startExecution.sync:2", "invoke"])
def test_a_task_that_waits_for_no_callback_runs(resource: str) -> None:
    track = History().main.enter("Task", "Charge").schedule(resource).then("TaskSubmitted")
    assert at(track)["status"] == StateStatus.RUNNING
    assert track.history.fold().tasks == ()


def test_pending_tasks_come_by_event_id() -> None:
    history = History()
    history.main.enter("Parallel", "All").then("ParallelStateStarted")
    forks = [history.main.fork().enter("Task", f"T{n}") for n in range(3)]
    for fork in reversed(forks):
        fork.schedule("invoke.waitForTaskToken")
    assert [task.state for task in history.fold().tasks] == ["T2", "T1", "T0"]
    forks[1].then("TaskSucceeded")
    assert [task.state for task in history.fold().tasks] == ["T2", "T0"]


def test_a_change_tells_of_tasks_only_when_they_changed() -> None:
    events, projection = callback().then("TaskSucceeded").history.events, Projection()
    assert [projection.fold([event]).tasks for event in events] == [
        event.type in {"TaskScheduled", "TaskSucceeded"} for event in events
    ]
