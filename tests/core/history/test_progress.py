"""How far an execution is: never goes back, and ends at 1."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.definition.definition import Definition
from handrail.core.definition.expected_path import ExpectedPaths, expected_paths
from handrail.core.history.projection import Projection
from handrail.core.models import HistoryEvent, Json
from tests.core.definitions import machine
from tests.core.generated import Plan, Simulation, draw_plans
from tests.core.histories import FOLDER, History, Recording, Track, item, map_of, recordings


def fractions(events: Sequence[HistoryEvent], paths: ExpectedPaths | None) -> list[float | None]:
    """After each event, folded one by one."""
    projection, found = Projection(), list[float | None]()
    for event in events:
        projection.fold([event])
        found.append(projection.fraction(paths))
    return found


def assert_progress(events: Sequence[HistoryEvent], paths: ExpectedPaths) -> None:
    found, before = fractions(events, paths), 0.0
    for event, fraction in zip(events, found, strict=True):
        assert fraction is not None
        assert before <= fraction <= 1, event
        before = fraction
    assert found[-1] == 1.0
    assert 1.0 not in found[:-1]
    for cut in {0, len(events) // 3, len(events) // 2, len(events) - 1}:
        projection = Projection()
        projection.fold(events[:cut])
        projection.fold(events[cut : len(events) - 1])
        assert projection.fraction(paths) == found[-2]


def line(*names: str, type: str = "Pass", **more: dict[str, Json]) -> ExpectedPaths:
    """Of states one after the other; `more` are the members of those named."""
    return expected_paths(machine(_line(names, type, more)))


def _line(names: Sequence[str], type: str, more: dict[str, dict[str, Json]]) -> dict[str, Json]:
    following = [*names[1:], None]
    return {
        name: {
            "Type": type,
            **({"End": True} if after is None else {"Next": after}),
            **more.get(name, {}),
        }
        for name, after in zip(names, following, strict=True)
    }


def scope(*names: str) -> dict[str, Json]:
    return {"StartAt": names[0], "States": _line(names, "Pass", {})}


EACH = {"Type": "Map", "ItemProcessor": scope("Pack", "Ship")}
BOTH = {"Type": "Parallel", "Branches": [scope("A1", "A2"), scope("B1")]}


def test_states_one_after_the_other_count_the_same() -> None:
    history = History()
    history.main.visit("Pass", "A").visit("Pass", "B").enter("Pass", "C")
    found = fractions(history.events, line("A", "B", "C", "D"))
    assert found == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5]


def test_nothing_is_said_where_the_definition_is_unknown_or_another_s() -> None:
    history = History()
    history.main.visit("Pass", "A")
    projection = history.fold()
    assert projection.fraction(None) is None
    assert projection.fraction(line("Other")) is None
    history.main.then("ExecutionSucceeded")
    assert history.fold().fraction(None) == 1.0


@pytest.mark.parametrize("outcome", ["Succeeded", "Failed", "Aborted", "TimedOut"])
def test_every_end_is_the_end(outcome: str) -> None:
    history = History()
    history.main.enter("Pass", "A").then(f"Execution{outcome}")
    assert fractions(history.events, line("A", "B", "C")) == [0.0, 0.0, 1.0]


def test_what_is_done_but_not_over_isn_t_the_end() -> None:
    history = History()
    history.main.visit("Pass", "A")
    assert history.fold().fraction(line("A")) == 0.999


def test_a_parallel_is_as_far_as_its_branches_on_average() -> None:
    history = History()
    history.main.enter("Parallel", "Both").then("ParallelStateStarted")
    first, second = history.main.fork(), history.main.fork()
    paths = line("Both", "Last", Both=BOTH)
    assert history.fold().fraction(paths) == 0.0
    first.visit("Pass", "A1")
    assert history.fold().fraction(paths) == 0.125
    second.visit("Pass", "B1")
    assert history.fold().fraction(paths) == 0.375
    first.visit("Pass", "A2")
    assert history.fold().fraction(paths) == 0.5


def test_a_map_is_as_far_as_its_items() -> None:
    history = History()
    items = map_of(history.main, "Each", 2)
    paths = line("Each", Each=EACH)
    items[0].visit("Pass", "Pack")
    assert history.fold().fraction(paths) == 0.25
    items[0].visit("Pass", "Ship").aside("MapIterationSucceeded", name="Each", index=0)
    assert history.fold().fraction(paths) == 0.5


def test_a_map_that_is_retried_goes_on_from_where_it_was() -> None:
    history = History()
    items = map_of(history.main, "Each", 2)
    items[0].visit("Pass", "Pack").visit("Pass", "Ship")
    items[0].aside("MapIterationSucceeded", name="Each", index=0)
    items[1].enter("Pass", "Pack").then("MapIterationFailed", name="Each", index=1)
    again = items[1].then("MapStateStarted", length=2)
    paths = line("Each", Each=EACH)
    assert history.fold().fraction(paths) == 0.5
    anew = item(again.fork(), "Each", 0).visit("Pass", "Pack").visit("Pass", "Ship")
    anew.aside("MapIterationSucceeded", name="Each", index=0)
    assert history.fold().fraction(paths) == 0.5
    item(again.fork(), "Each", 1).visit("Pass", "Pack")
    assert history.fold().fraction(paths) == 0.75


def test_attempts_that_were_equally_far_are_remembered_as_one() -> None:
    history, paths = History(), line("Both", "Last", Both=BOTH)
    track = history.main.enter("Parallel", "Both").then("ParallelStateStarted")
    for _ in range(50):
        track.fork().visit("Pass", "A1").enter("Pass", "A2")
        failed = track.fork().enter("Task", "B1").schedule().fails()
        track = failed.then("ParallelStateStarted")
    projection = history.fold()
    assert projection.fraction(paths) == 0.125
    (visit,) = projection._tree.visits()
    assert len(visit.past or {}) == 1


def test_a_loop_counts_once() -> None:
    states: dict[str, Json] = {
        "Wait": {"Type": "Wait", "Next": "Done?"},
        "Done?": {
            "Type": "Choice",
            "Choices": [{"Next": "Wait"}],
            "Default": "Last",
        },
        "Last": {"Type": "Pass", "End": True},
    }
    paths, history = expected_paths(machine(states)), History()
    for _ in range(50):
        history.main.visit("Wait", "Wait").visit("Choice", "Done?")
    history.main.enter("Pass", "Last")
    assert max(filter(None, fractions(history.events, paths))) == 0.666


def test_the_longer_way_never_goes_back() -> None:
    states: dict[str, Json] = {
        "Which": {"Type": "Choice", "Choices": [{"Next": "Long1"}], "Default": "Short"},
        "Short": {"Type": "Pass", "End": True},
        **_line(("Long1", "Long2", "Long3"), "Pass", {}),
    }
    history = History()
    history.main.visit("Choice", "Which").visit("Pass", "Long1").visit("Pass", "Long2")
    history.main.visit("Pass", "Long3").then("ExecutionSucceeded")
    assert_progress(history.events, expected_paths(machine(states)))


def redriven(history: History, paths: ExpectedPaths) -> tuple[Track, float | None]:
    """A redrive, and how far it was when it failed."""
    before = history.fold().fraction(paths)
    history.main.then("ExecutionFailed", error="Boom", cause="it broke")
    assert history.fold().fraction(paths) == 1.0
    return history.main.then("ExecutionRedriven", redriveCount=1), before


@pytest.mark.parametrize("entered", [True, False], ids=["entered again", "scheduled again"])
def test_a_redrive_goes_on_from_where_it_failed(entered: bool) -> None:
    history, paths = History(), line("Prepare", "Charge", "Ship", type="Task")
    history.main.task("Prepare").enter("Task", "Charge").schedule().fails()
    track, before = redriven(history, paths)
    assert history.fold().fraction(paths) == before == 0.333
    if entered:
        track.enter("Task", "Charge")
    track.schedule().then("TaskSucceeded").exit("Task", "Charge")
    assert history.fold().fraction(paths) == 0.666


@pytest.mark.parametrize("started", [True, False], ids=["started anew", "its item alone"])
def test_a_redriven_map_never_goes_back(started: bool) -> None:
    history, paths = History(), line("Each", "Last", Each=EACH)
    items = map_of(history.main, "Each", 2)
    items[0].visit("Pass", "Pack").visit("Pass", "Ship")
    items[0].aside("MapIterationSucceeded", name="Each", index=0)
    items[1].visit("Pass", "Pack").enter("Pass", "Ship").fails()
    items[1].then("MapIterationFailed", name="Each", index=1)
    history.main.last = items[1].last
    track, before = redriven(history, paths)
    assert before == 0.375
    if started:
        track.then("MapStateStarted", length=2)
    since = len(history.events)
    item(track, "Each", 1).visit("Pass", "Pack").visit("Pass", "Ship")
    track.aside("MapIterationSucceeded", name="Each", index=1).exit("Map", "Each")
    track.visit("Pass", "Last").then("ExecutionSucceeded")
    found = fractions(history.events, paths)[since - 1 :]
    assert found[0] == before
    assert found == sorted(filter(None, found))
    assert found[-1] == 1.0


def definition_of(plans: Sequence[Plan]) -> dict[str, Json]:
    states: dict[str, Json] = {}
    for plan, after in zip(plans, [*plans[1:], None], strict=True):
        states[plan.name] = {"Type": plan.type}
        states[plan.name] |= {"End": True} if after is None else {"Next": after.name}
        if plan.type == "Parallel":
            states[plan.name]["Branches"] = [definition_of(each) for each in plan.branches]
        elif plan.type == "Map" and plan.branches:
            states[plan.name]["ItemProcessor"] = definition_of(plan.branches[0])
    return {"StartAt": plans[0].name, "States": states}


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([20, 60, 300]))
def test_a_drawn_execution_never_goes_back_and_ends_at_1(seed: int, stop_after: int) -> None:
    random = Random(seed)  # noqa: S311 - not for secrets
    plans = draw_plans(random)
    events = Simulation(random, plans, stop_after).history.events
    definition = Definition.parse(json.dumps(definition_of(plans)))
    assert_progress(events, expected_paths(definition))


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_execution_never_goes_back_and_ends_at_1(recording: Recording) -> None:
    sent: Any = json.loads((Path(FOLDER) / f"{recording.name}.json").read_text())["definition"]
    definition = Definition.parse(sent if isinstance(sent, str) else json.dumps(sent))
    assert_progress(recording.events, expected_paths(definition))
