"""One state's visits: each by its own events, the newest first, as many as a page holds."""

import json
from typing import Any

import pytest
from hypothesis import given

from handrail.core.history.projection import Projection
from handrail.core.history.visit_log import Enclosing, RecordedVisit, VisitLog
from handrail.core.models import ExecutionId, HistoryEvent, StateStatus
from tests.core.generated import Simulation
from tests.core.histories import (
    History,
    Recording,
    Track,
    failure,
    join,
    map_of,
    parallel,
    recordings,
)

from .test_projection_properties import simulations

EVERYTHING: dict[str, Any] = {"before": None, "most": 10**9, "max_size": 10**9}


def log_of(events: list[HistoryEvent], state: str, **limits: Any) -> VisitLog:
    log = VisitLog(state, **(EVERYTHING | limits))
    log.fold(events)
    return log


def visits_of(history: History, state: str, **limits: Any) -> list[RecordedVisit]:
    return log_of(history.events, state, **limits).visits


def loop(track: Track, times: int, input: str = "{}", output: str = "{}") -> None:
    for _ in range(times):
        track.then("PassStateEntered", name="Again", input=input)
        track.then("PassStateExited", name="Again", output=output)


def test_a_visit_is_its_events() -> None:
    history = History()
    history.main.visit("Pass", "Prepare").task("Charge").visit("Pass", "Thank")
    (visit,) = visits_of(history, "Charge")
    assert visit.event_ids == [4, 5, 6, 7, 8]
    assert (visit.status, visit.visit.attempts, visit.visit.failure) == ("SUCCEEDED", 1, None)
    assert (visit.entered.id, visit.closed_at) == (4, history.events[7].at)
    assert visit.within == ()


def test_a_state_that_was_not_entered_has_none() -> None:
    history = History()
    history.main.task("Charge")
    assert visits_of(history, "Ship") == []


def test_an_open_visit_has_not_ended() -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule()
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.closed_at, visit.exited) == ("RUNNING", None, None)


def test_retries_are_attempts_of_one_visit_that_keeps_no_error_when_it_succeeds() -> None:
    history = History()
    track = history.main.enter("Task", "Charge").schedule().fails().schedule().fails()
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.visit.attempts) == ("RETRYING", 2)
    assert visit.visit.failure == failure("Boom", "it broke")
    track.schedule().then("TaskSucceeded").exit("Task", "Charge")
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.visit.attempts) == ("SUCCEEDED", 3)
    assert visit.visit.failure is None


def test_a_caught_visit_says_what_was_caught() -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule().fails().exit("Task", "Charge")
    history.main.visit("Pass", "Refund")
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.visit.failure) == ("CAUGHT", failure("Boom", "it broke"))
    assert visit.exited is not None


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ([("TaskTimedOut", {"error": "States.Timeout"}), ("ExecutionFailed", {})], "TIMED_OUT"),
        ([("ExecutionAborted", {})], "ABORTED"),
        ([("ExecutionTimedOut", {})], "TIMED_OUT"),
        ([("TaskFailed", {"error": "E"}), ("ExecutionFailed", {"error": "E"})], "FAILED"),
    ],
)
def test_a_visit_that_was_never_exited_ended_when_it_broke(
    ends: list[tuple[str, dict[str, str]]], status: str
) -> None:
    history = History()
    track = history.main.enter("Task", "Charge").schedule()
    for type_, details in ends:
        track.then(type_, **details)
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.exited) == (status, None)
    assert visit.closed_at is not None
    assert not [id for id in visit.event_ids if history.events[id - 1].type.startswith("Execution")]


def test_a_redrive_goes_on_in_the_old_visit() -> None:
    history = History()
    track = history.main.enter("Task", "Charge")
    entered = track.last
    track.schedule().fails().then("ExecutionFailed", error="Boom", cause="it broke")
    track.then("ExecutionRedriven", redriveCount=1)
    track = Track(history, entered).schedule()
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.closed_at, visit.visit.attempts) == ("RUNNING", None, 2)
    track.then("TaskSucceeded").exit("Task", "Charge").then("ExecutionSucceeded", output="1")
    (visit,) = visits_of(history, "Charge")
    assert (visit.status, visit.visit.failure) == ("SUCCEEDED", None)


def test_visits_of_all_iterations_say_which() -> None:
    history = History()
    for index, track in enumerate(map_of(history.main, "Each", 3)):
        track.task("Ship").aside("MapIterationSucceeded", name="Each", index=index)
    around = [visit.within for visit in visits_of(history, "Ship")]
    assert around == [(Enclosing("Each", "Map", index),) for index in (2, 1, 0)]
    assert all(len(visit.event_ids) == 5 for visit in visits_of(history, "Ship"))


def test_nested_visits_name_all_that_is_around_them_the_outermost_first() -> None:
    history = History()
    (track,) = map_of(history.main, "Each", 1)
    left, right = parallel(track, "Both")
    left.visit("Pass", "L")
    right.visit("Pass", "R")
    (visit,) = visits_of(history, "R")
    assert visit.within == (Enclosing("Each", "Map", 0), Enclosing("Both", "Parallel"))


def test_a_map_s_visit_is_told_of_by_its_own_events() -> None:
    history = History()
    (track,) = map_of(history.main, "Each", 1)
    track.visit("Pass", "P").aside("MapIterationSucceeded", name="Each", index=0)
    track.aside("MapStateSucceeded").exit("Map", "Each")
    (visit,) = visits_of(history, "Each")
    types = [history.events[id - 1].type for id in visit.event_ids]
    assert types == ["MapStateEntered", "MapStateStarted", "MapStateSucceeded", "MapStateExited"]


def test_a_page_holds_the_newest_before_its_position() -> None:
    history = History()
    loop(history.main, 5)
    first = log_of(history.events, "Again", most=2)
    assert ([visit.entered.id for visit in first.visits], first.older) == ([10, 8], True)
    second = log_of(history.events, "Again", most=2, before=8)
    assert ([visit.entered.id for visit in second.visits], second.older) == ([6, 4], True)
    last = log_of(history.events, "Again", most=2, before=4)
    assert ([visit.entered.id for visit in last.visits], last.older) == ([2], False)


def test_a_page_is_the_same_while_the_execution_goes_on() -> None:
    history = History()
    loop(history.main, 3)
    before = [visit.event_ids for visit in visits_of(history, "Again", most=2, before=6)]
    loop(history.main, 3)
    assert [visit.event_ids for visit in visits_of(history, "Again", most=2, before=6)] == before


def test_large_payloads_make_a_page_shorter_but_never_empty() -> None:
    history = History()
    loop(history.main, 4, input="i" * 40, output="o" * 50)
    log = log_of(history.events, "Again", max_size=200)
    assert ([visit.entered.id for visit in log.visits], log.older) == ([8, 6], True)
    log = log_of(history.events, "Again", max_size=10)
    assert ([visit.entered.id for visit in log.visits], log.older) == ([8], True)


def test_causes_make_a_page_shorter_too() -> None:
    history = History()
    for _ in range(3):
        history.main.enter("Task", "Charge").schedule().fails(cause="c" * 50).exit("Task", "Charge")
    log = log_of(history.events, "Charge", max_size=120)
    assert ([visit.entered.id for visit in log.visits], log.older) == ([12, 7], True)


def assert_as_projected(events: list[HistoryEvent]) -> None:
    projection = Projection()
    projection.fold(events)
    for name, state in projection.states.items():
        visits = log_of(events, name).visits
        found = [visit.status for visit in visits]
        assert len(visits) == state["entered"]
        assert found.count(StateStatus.SUCCEEDED) == state["succeeded"]
        assert found.count(StateStatus.CAUGHT) == state["caught"]
        assert found.count(StateStatus.ABORTED) == state["aborted"]
        broken = found.count(StateStatus.FAILED) + found.count(StateStatus.TIMED_OUT)
        assert broken == state["failed"]
        redrives = [event for event in events if event.type == "ExecutionRedriven"]
        retries = sum(visit.visit.attempts - 1 for visit in visits)
        assert retries == state["retries"] if not redrives else retries >= state["retries"]
        for visit in visits:
            assert visit.event_ids == sorted(set(visit.event_ids))
            assert (visit.closed_at is None) == visit.visit.open
            assert all(event.details["name"] == name for event in named(visit, events))


def named(visit: RecordedVisit, events: list[HistoryEvent]) -> list[HistoryEvent]:
    found = [events[id - 1] for id in visit.event_ids]
    return [event for event in found if event.type.endswith(("StateEntered", "StateExited"))]


@given(simulations())
def test_visits_of_a_drawn_execution_sum_up_to_its_states(simulation: Simulation) -> None:
    assert_as_projected(simulation.history.events)


@pytest.mark.parametrize("recording", recordings())
def test_visits_of_a_recorded_execution_sum_up_to_its_states(recording: Recording) -> None:
    assert_as_projected(list(recording.events))


def test_branches_are_visits_at_once() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.visit("Pass", "L")
    right.visit("Pass", "R")
    join(history.main, "Both", right)
    assert [len(visits_of(history, name)) for name in ("L", "R", "Both")] == [1, 1, 1]


CHILD = "arn:aws:states:us-east-1:123456789012:execution:ship:one"


@pytest.mark.parametrize(
    ("resource", "type_", "output", "child"),
    [
        ("startExecution", "TaskSucceeded", {"ExecutionArn": CHILD}, "ship:one"),
        ("startExecution.sync:2", "TaskSubmitted", {"ExecutionArn": CHILD}, "ship:one"),
        ("sendMessage", "TaskSubmitted", {"ExecutionArn": CHILD}, None),
        ("startExecution", "TaskSucceeded", {"ExecutionArn": 7}, None),
        ("startExecution", "TaskSucceeded", {}, None),
        ("startExecution", "TaskSucceeded", "ship:one", None),
    ],
)
def test_a_visit_names_the_execution_that_it_started(
    resource: str, type_: str, output: Any, child: str | None
) -> None:
    history = History()
    history.main.enter("Task", "Ship").then(
        type_, resourceType="states", resource=resource, output=json.dumps(output)
    )
    (visit,) = visits_of(history, "Ship")
    assert visit.child == (child and ExecutionId.parse(child))
