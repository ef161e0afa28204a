"""The fold itself: cursor, changes, fields of the execution."""

from dataclasses import replace

import pytest

from handrail.core.history.facts import HistoryGap
from handrail.core.history.projection import Projection
from handrail.core.models import ExecutionStatus, HistoryEvent
from tests.core.histories import History, failure, split


def order() -> History:
    history = History('{"order": 1}')
    history.main.visit("Pass", "Prepare").task("Charge").then("ExecutionSucceeded", output="{}")
    return history


def test_nothing_is_known_before_the_first_event() -> None:
    projection = Projection()
    assert projection.cursor == 0
    assert projection.execution is None
    assert projection.states == {}
    assert projection.tasks == ()


def test_states_come_in_the_order_of_their_first_entry() -> None:
    history = History()
    history.main.visit("Pass", "B").visit("Choice", "A").visit("Pass", "B")
    projection = history.fold()
    assert list(projection.states) == ["B", "A"]
    assert projection.states["B"]["entered"] == projection.states["B"]["succeeded"] == 2


def test_events_already_folded_change_nothing() -> None:
    events, projection = order().events, Projection()
    projection.fold(events)
    before = dict(projection.states)
    assert not projection.fold(events)
    assert projection.cursor == len(events)
    assert dict(projection.states) == before


def test_a_page_may_come_in_any_order_and_overlap() -> None:
    events, projection = order().events, Projection()
    projection.fold(reversed(events[:5]))
    change = projection.fold(list(reversed(events[3:])) + events[3:])
    assert change.events == tuple(events[5:])
    assert projection.states == order().fold().states


def test_a_gap_is_refused_before_anything_changes() -> None:
    events, projection = order().events, Projection()
    projection.fold(events[:3])
    before = dict(projection.states)
    with pytest.raises(HistoryGap) as gap:
        projection.fold([events[3], events[5]])
    assert (gap.value.cursor, gap.value.found) == (4, 6)
    assert projection.cursor == 3
    assert dict(projection.states) == before


def test_a_change_names_what_its_events_changed() -> None:
    events, projection = order().events, Projection()
    first, second, third = (projection.fold(page) for page in split(events, 2, 5))
    assert first.states == {"Prepare"}
    assert "status" in first.execution
    assert second.states == {"Prepare", "Charge"}
    assert second.execution == frozenset()
    assert third.states == {"Charge"}
    assert third.execution == {"status", "stopped_at", "output"}
    assert not any(change.tasks for change in (first, second, third))


def test_a_change_since_a_cursor_is_what_later_events_changed() -> None:
    projection = order().fold()
    assert projection.changed_since(0).states == {"Prepare", "Charge"}
    assert "input" in projection.changed_since(0).execution
    since = projection.changed_since(3)
    assert since.states == {"Charge"}
    assert since.events == ()
    assert since.execution == {"status", "stopped_at", "output"}
    assert not projection.changed_since(projection.cursor)


def test_a_change_since_a_cursor_tells_of_tasks() -> None:
    history = History()
    history.main.enter("Task", "Approve").schedule("invoke.waitForTaskToken")
    projection = history.fold()
    assert projection.changed_since(2).tasks
    assert not projection.changed_since(3).tasks


def test_an_event_type_from_the_future_changes_nothing_and_breaks_no_chain() -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule().then("TaskPondered").then("TaskSucceeded")
    history.main.exit("Task", "Charge")
    assert history.fold().states["Charge"]["succeeded"] == 1


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("ExecutionAborted", ExecutionStatus.ABORTED),
        ("ExecutionTimedOut", ExecutionStatus.TIMED_OUT),
    ],
)
def test_an_execution_that_stops_takes_what_is_open_with_it(
    type_: str, status: ExecutionStatus
) -> None:
    history = History()
    history.main.enter("Parallel", "Both").then("ParallelStateStarted")
    history.main.fork().enter("Wait", "Rest")
    history.main.fork().enter("Task", "Retry").schedule().fails()
    history.main.fork().enter("Task", "Approve").schedule("invoke.waitForTaskToken")
    history.main.fork().visit("Pass", "Done")
    history.write(type_, 0, {"error": "E", "cause": "C"})
    projection = history.fold()
    assert projection.execution is not None
    assert projection.execution.status is status
    assert (projection.execution.error, projection.execution.cause) == ("E", "C")
    assert {name: str(state["status"]) for name, state in projection.states.items()} == {
        "Both": status,
        "Rest": status,
        "Retry": status,
        "Approve": status,
        "Done": "SUCCEEDED",
    }
    assert projection.tasks == ()


def test_an_execution_may_fail_in_a_state_that_never_said_so() -> None:
    history = History()
    history.main.enter("Choice", "Which")
    history.main.then("ExecutionFailed", error="States.Runtime", cause="no match")
    state = history.fold().states["Which"]
    assert str(state["status"]) == "FAILED"
    assert state["last_error"] == failure("States.Runtime", "no match")


def test_a_fail_state_learns_its_error_from_the_execution() -> None:
    history = History()
    history.main.enter("Fail", "Stop")
    before = history.fold().states["Stop"]
    history.main.then("ExecutionFailed", error="Refused", cause="no stock")
    after = history.fold().states["Stop"]
    assert str(before["status"]) == str(after["status"]) == "FAILED"
    assert before["last_error"] == failure(None, None)
    assert after["last_error"] == failure("Refused", "no stock")
    assert after["entered"] == after["failed"] == 1


def without_chain(events: list[HistoryEvent]) -> list[HistoryEvent]:
    return [replace(event, previous_id=0) for event in events]


def test_a_history_without_previous_ids_is_still_told_apart_by_names() -> None:
    history = History()
    main = history.main.visit("Pass", "Prepare")
    main.enter("Map", "Each").then("MapStateStarted", length=2)
    for index in range(2):
        item = main.fork().then("MapIterationStarted", name="Each", index=index)
        item.task("Ship").aside("MapIterationSucceeded", name="Each", index=index)
    main.aside("MapStateSucceeded").exit("Map", "Each").then("ExecutionSucceeded", output="1")
    projection = Projection()
    projection.fold(without_chain(history.events))
    assert {n: (s["entered"], s["succeeded"]) for n, s in projection.states.items()} == {
        "Prepare": (1, 1),
        "Each": (1, 1),
        "Ship": (2, 2),
    }


@pytest.mark.parametrize("lost", range(1, 9))
def test_a_sparse_projection_bears_holes(lost: int) -> None:
    projection = Projection(sparse=True)
    projection.fold(event for event in order().events if event.id != lost)
    assert projection.execution is not None
    assert projection.execution.status is ExecutionStatus.SUCCEEDED
    assert all(state["running"] == 0 for state in projection.states.values())
