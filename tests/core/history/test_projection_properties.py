"""What holds for every history: recorded ones, and executions drawn at random."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.history.facts import Change
from handrail.core.history.projection import Projection
from handrail.core.models import HistoryEvent, StateStatus
from tests.core.generated import Simulation, draw_plans
from tests.core.histories import Recording, recordings, split

OPEN = {StateStatus.RUNNING, StateStatus.RETRYING, StateStatus.WAITING}


@st.composite
def simulations(draw: st.DrawFn) -> Simulation:
    random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - not for secrets
    return Simulation(random, draw_plans(random), draw(st.sampled_from([20, 60, 400])))


def seen(projection: Projection) -> dict[str, Any]:
    return {
        "cursor": projection.cursor,
        "execution": projection.execution,
        "states": list(projection.states.values()),
        "tasks": projection.tasks,
        "since": [projection.changed_since(n) for n in range(projection.cursor + 1)],
    }


def folded(events: list[HistoryEvent]) -> tuple[Projection, Change]:
    projection = Projection()
    return projection, projection.fold(events)


def assert_closed(projection: Projection) -> None:
    assert projection.tasks == ()
    for state in projection.states.values():
        assert state["status"] not in OPEN, state
        assert state["running"] == 0, state


def assert_counts(projection: Projection, events: list[HistoryEvent]) -> None:
    entries = [e.details["name"] for e in events if e.type.endswith("StateEntered")]
    assert {name: s["entered"] for name, s in projection.states.items()} == {
        name: entries.count(name) for name in dict.fromkeys(entries)
    }
    for s in projection.states.values():
        assert (
            s["entered"] == s["running"] + s["succeeded"] + s["failed"] + s["caught"] + s["aborted"]
        ), s
        assert (s["running"] > 0) == (s["status"] in OPEN), s


def assert_same_however_split(events: list[HistoryEvent], random: Random) -> None:
    whole, change = folded(events)
    pieces, changes = Projection(), list[Change]()
    cuts = [random.randint(0, len(events)) for _ in range(random.choice([1, 5, len(events)]))]
    for page in split(events, *cuts):
        overlapping = [*events[max(0, pieces.cursor - 3) : pieces.cursor], *page, *page]
        random.shuffle(overlapping)
        changes.append(pieces.fold(overlapping))
        assert_counts(pieces, events[: pieces.cursor])
    assert seen(pieces) == seen(whole)
    assert tuple(e for c in changes for e in c.events) == change.events
    assert frozenset().union(*(c.states for c in changes)) == change.states
    assert frozenset().union(*(c.execution for c in changes)) == change.execution
    assert any(c.tasks for c in changes) == change.tasks


def assert_resumable(events: list[HistoryEvent], cut: int) -> None:
    """Whoever holds an older projection and takes what changed since holds the newest."""
    old, _ = folded(events[:cut])
    new, _ = folded(events)
    held, change = dict(old.states), new.changed_since(cut)
    held |= {name: new.states[name] for name in change.states}
    assert held == new.states
    for name in ("status", "input", "output", "error", "cause", "stopped_at", "redrive_count"):
        if name not in change.execution:
            assert getattr(old.execution, name, None) == getattr(new.execution, name)
    assert change.tasks or old.tasks == new.tasks


@given(simulations())
def test_every_visit_of_a_drawn_execution_is_accounted_for(simulation: Simulation) -> None:
    projection, _ = folded(simulation.history.events)
    assert projection.execution is not None
    assert projection.execution.status == simulation.status
    assert_closed(projection)
    for name, row in simulation.expected().items():
        state = projection.states[name]
        assert {
            "entered": state["entered"],
            "retries": state["retries"],
            "SUCCEEDED": state["succeeded"],
            "FAILED": state["failed"],
            "CAUGHT": state["caught"],
            "ABORTED": state["aborted"],
        } == {"SUCCEEDED": 0, "FAILED": 0, "CAUGHT": 0, "ABORTED": 0, **row}, name


@given(simulations())
def test_every_entry_of_a_drawn_execution_came_from_somewhere(simulation: Simulation) -> None:
    projection, _ = folded(simulation.history.events)
    for state in projection.states.values():
        assert sum(each["count"] for each in state["entered_from"]) == state["entered"]
        sources = {each["state"] for each in state["entered_from"]} - {None}
        assert sources <= projection.states.keys()


@given(simulations(), st.randoms())
def test_a_drawn_history_folds_the_same_however_it_is_split(
    simulation: Simulation, random: Random
) -> None:
    assert_same_however_split(simulation.history.events, random)


@given(simulations(), st.integers(1, 400))
def test_a_drawn_history_resumes_from_any_cursor(simulation: Simulation, cut: int) -> None:
    assert_resumable(simulation.history.events, cut)


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_execution_ends_as_aws_says(recording: Recording) -> None:
    events = list(recording.events)
    projection, _ = folded(events)
    execution = projection.execution
    assert execution is not None
    assert (execution.status, execution.error) == (recording.status, recording.error)
    assert (execution.cause is None) == (recording.cause is None)
    assert_closed(projection)
    assert_counts(projection, events)


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_failure_is_somebody_s(recording: Recording) -> None:
    projection, _ = folded(list(recording.events))
    broken = {StateStatus.FAILED, StateStatus.TIMED_OUT}
    states = projection.states.values()
    if recording.status == "FAILED":
        assert any(state["status"] in broken for state in states)
        errors = {state["last_error"]["error"] for state in states if state["last_error"]}
        assert recording.error in errors
    for state in states:
        assert state["last_error"] is not None or state["failed"] == state["caught"] == 0


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_history_folds_the_same_however_it_is_split(recording: Recording) -> None:
    for seed in range(5):
        assert_same_however_split(list(recording.events), Random(seed))  # noqa: S311


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_history_resumes_from_any_cursor(recording: Recording) -> None:
    for cut in range(1, len(recording.events)):
        assert_resumable(list(recording.events), cut)
