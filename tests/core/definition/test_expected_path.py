"""How many states are still to come."""

from itertools import pairwise

from handrail.core.definition.expected_path import expected_paths
from handrail.core.models import Json
from tests.core.definitions import machine, task


def test_states_in_a_line_are_counted() -> None:
    states: dict[str, Json] = {"A": task(Next="B"), "B": task(Next="C"), "C": task()}
    assert expected_paths(machine(states)).remaining == {"A": 2, "B": 1, "C": 0}


def test_a_choice_is_midway_between_its_ways() -> None:
    states: dict[str, Json] = {
        "Which": {"Type": "Choice", "Choices": [{"Next": "Long"}], "Default": "End"},
        "Long": task(Next="Longer"),
        "Longer": task(Next="End"),
        "End": {"Type": "Succeed"},
    }
    paths = expected_paths(machine(states))
    assert paths.remaining == {"Which": 2, "Long": 2, "Longer": 1, "End": 0}


def test_nothing_is_expected_to_fail() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}]
    states: dict[str, Json] = {
        "Try": task(Catch=catch, Next="End"),
        "Undo": task(Next="Tell"),
        "Tell": task(Next="End"),
        "End": {"Type": "Succeed"},
    }
    assert expected_paths(machine(states)).remaining == {"Try": 1, "Undo": 2, "Tell": 1, "End": 0}


def test_a_loop_that_never_ends_counts_once() -> None:
    states: dict[str, Json] = {"A": task(Next="B"), "B": task(Next="A")}
    assert expected_paths(machine(states)).remaining == {"A": 1, "B": 0}


def test_each_scope_is_counted_by_itself_and_a_parallel_s_branches_too() -> None:
    def branch(*names: str) -> dict[str, Json]:
        states = {name: task(Next=after) for name, after in pairwise(names)}
        return {"StartAt": names[0], "States": {**states, names[-1]: task()}}

    states: dict[str, Json] = {
        "Both": {"Type": "Parallel", "Branches": [branch("A", "B"), branch("C")], "Next": "Each"},
        "Each": {"Type": "Map", "ItemProcessor": branch("D", "E"), "End": True},
    }
    paths = expected_paths(machine(states))
    assert paths.remaining == {"Both": 1, "Each": 0, "A": 1, "B": 0, "C": 0, "D": 1, "E": 0}
    assert paths.branches == {"Both": 2}


def test_a_scope_that_starts_nowhere_expects_nothing() -> None:
    assert expected_paths(machine({"A": task()}, start_at="Other")).remaining == {}
