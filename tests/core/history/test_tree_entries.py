"""From where a state was entered: the transitions that an execution took."""

import json
from pathlib import Path

import pytest

from handrail.core.definition.definition import Definition, TransitionKind
from handrail.core.history.projection import Projection
from tests.core.histories import FOLDER, History, Recording, Track, item, join, map_of, parallel
from tests.core.histories import recordings as all_recordings

Entries = dict[str | None, int]


def entries(projection: Projection, state: str, *, caught: bool = False) -> Entries:
    found = projection.states[state]["entered_from"]
    return {each["state"]: each["count"] for each in found if each["caught"] is caught}


def test_a_state_is_entered_from_the_start_or_from_the_state_before() -> None:
    history = History()
    history.main.visit("Pass", "First").visit("Choice", "Check").visit("Wait", "Pause")
    history.main.visit("Choice", "Check").visit("Wait", "Pause").visit("Choice", "Check")
    projection = history.fold()
    assert entries(projection, "First") == {None: 1}
    assert entries(projection, "Check") == {"First": 1, "Pause": 2}
    assert entries(projection, "Pause") == {"Check": 2}


def test_a_catch_is_told_from_a_next_that_leads_to_the_same_state() -> None:
    history = History()
    history.main.task("Charge").visit("Choice", "Again")
    history.main.enter("Task", "Charge").schedule().fails().exit("Task", "Charge")
    history.main.visit("Choice", "Again")
    projection = history.fold()
    assert entries(projection, "Again") == {"Charge": 1}
    assert entries(projection, "Again", caught=True) == {"Charge": 1}


def test_retries_are_no_entries() -> None:
    history = History()
    history.main.visit("Pass", "First").enter("Task", "Charge").schedule().fails().schedule()
    assert entries(history.fold(), "Charge") == {"First": 1}


def test_branches_begin_and_what_is_around_them_goes_on() -> None:
    history = History()
    left, right = parallel(history.main, "Both")
    left.visit("Pass", "A").visit("Pass", "B")
    right.visit("Pass", "C")
    join(history.main, "Both", right).visit("Pass", "After")
    projection = history.fold()
    assert [entries(projection, name) for name in "ABC"] == [{None: 1}, {"A": 1}, {None: 1}]
    assert entries(projection, "After") == {"Both": 1}


def test_each_iteration_begins_by_itself() -> None:
    history = History()
    for each in map_of(history.main, "Each", 3):
        each.visit("Pass", "A").visit("Pass", "B").then("MapIterationSucceeded", name="Each")
    item(history.main.fork(), "Each", 3).enter("Pass", "A")
    projection = history.fold()
    assert (entries(projection, "A"), entries(projection, "B")) == ({None: 4}, {"A": 3})


def test_a_state_that_a_redrive_enters_again_came_from_nowhere() -> None:
    history = History()
    history.main.visit("Pass", "First").enter("Task", "Charge").schedule().fails()
    history.main.then("ExecutionFailed", error="Boom").then("ExecutionRedriven", redriveCount=1)
    Track(history, history.main.last).task("Charge").visit("Pass", "After")
    projection = history.fold()
    assert projection.states["Charge"]["entered"] == 2
    assert entries(projection, "Charge") == {"First": 1}
    assert entries(projection, "After") == {"Charge": 1}


def transitions(recording: Recording) -> set[tuple[str, str, bool]]:
    document = json.loads((Path(FOLDER) / f"{recording.name}.json").read_text())
    return {
        (state.name, way.state, way.kind is TransitionKind.CATCH)
        for state in Definition.parse(json.dumps(document["definition"])).all_states
        for way in state.transitions
    }


@pytest.mark.parametrize("recording", all_recordings())
def test_a_recorded_execution_takes_the_ways_of_its_definition(recording: Recording) -> None:
    projection = Projection()
    projection.fold(recording.events)
    taken = {
        (each["state"], name, each["caught"])
        for name, state in projection.states.items()
        for each in state["entered_from"]
        if each["state"] is not None
    }
    assert taken <= transitions(recording)
