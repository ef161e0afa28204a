"""The tree of visits: where events stand, and what it lets go of."""

import gc

import pytest

from handrail.core.history.tree import Tree
from handrail.core.history.visits import Lane, Visit
from handrail.core.models import HistoryEvent, StateStatus
from tests.core.histories import BEGIN, History


def event(id: int, previous: int, type_: str = "PassStateEntered") -> HistoryEvent:
    return HistoryEvent(id, previous, type_, BEGIN, {})


def parallel_with_a_branch() -> tuple[Tree, Visit, Visit]:
    """The Parallel, entered by event 1, and the state in its branch, entered by event 2."""
    tree = Tree()
    outer = tree.enter(tree.root, "Both", "Parallel", event(1, 0))
    tree.attach(event(1, 0), tree.root)
    branch = outer.lanes[-2] = Lane(outer)
    inner = tree.enter(branch, "A", "Task", event(2, 1))
    tree.attach(event(2, 1), branch)
    return tree, outer, inner


def test_an_event_stands_where_its_predecessor_stood() -> None:
    tree, outer, inner = parallel_with_a_branch()
    assert tree.stay(event(3, 1)) is outer.lane
    assert tree.stay(event(3, 2)) is inner.lane
    assert tree.lane_at(event(3, 99)) is None
    assert tree.stay(event(3, 99)) is tree.root


def test_the_lanes_below_a_visit_lead_up_to_it() -> None:
    tree, outer, inner = parallel_with_a_branch()
    assert tree.below(outer, event(3, 2)) == [inner.lane]
    assert tree.below(outer, event(3, 1)) == []
    assert tree.below(inner, event(3, 1)) == []


def test_what_is_looked_for_is_found_upwards_or_else_anywhere() -> None:
    tree, outer, inner = parallel_with_a_branch()
    assert tree.find(event(3, 2), lambda visit: True) is inner
    assert tree.find(event(3, 2), lambda visit: visit.is_container) is outer
    assert tree.find(event(3, 1), lambda visit: visit.record.name == "A") is inner


def test_a_failed_lane_stops_what_is_below_and_says_why() -> None:
    tree, outer, inner = parallel_with_a_branch()
    tree.fail_attempt(inner, event(3, 2), {"error": "Boom", "cause": None})
    error = tree.fail_lanes([inner.lane, outer.lane], event(4, 3))
    assert error == {"error": "Boom", "cause": None}
    assert (inner.status, outer.status) == (StateStatus.FAILED, StateStatus.FAILED)
    assert outer.record.last_error == error


def visits_alive() -> int:
    return sum(type(thing) is Visit for thing in gc.get_objects())


@pytest.mark.parametrize("shape", ["loop", "map", "maps in a loop"])
def test_a_long_history_leaves_nothing_of_closed_visits_behind(shape: str) -> None:
    history = History()
    track = history.main
    for turn in range(1 if shape == "map" else 40):
        if shape == "loop":
            for _ in range(20):
                track.task("Poll").visit("Choice", "Ready")
            continue
        track.enter("Map", "Each").then("MapStateStarted", length=20)
        for index in range(400 if shape == "map" else 20):
            track.then("MapIterationStarted", name="Each", index=index).task("Ship")
            track.aside("MapIterationSucceeded", name="Each", index=index)
        if turn < 39 and shape != "map":
            track.aside("MapStateSucceeded").exit("Map", "Each")
    gc.collect()
    before = visits_alive()
    projection = history.fold()
    assert len(history.events) > 2000
    assert visits_alive() - before <= 2
    assert sum(state["entered"] for state in projection.states.values()) > 400
