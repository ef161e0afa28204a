"""The paths through a scope, from each of its states."""

from math import inf

from handrail.core.definition.path_lengths import longest, shortest
from handrail.core.models import Json
from tests.core.definitions import machine, task

LOOP: dict[str, Json] = {
    "Look": {"Type": "Task", "Next": "Done?", "Catch": [{"Next": "Tell"}]},
    "Done?": {"Type": "Choice", "Choices": [{"Next": "Look"}], "Default": "Last"},
    "Tell": task(Next="Last"),
    "Last": {"Type": "Pass", "End": True},
}


def lengths(states: dict[str, Json]) -> tuple[dict[str, float], ...]:
    scope = machine(states).scopes[0]
    each = dict.fromkeys(scope.postorder(), 1)
    return shortest(scope, each), longest(scope, each), longest(scope, each, caught=False)


def test_a_loop_is_no_longer_for_going_round() -> None:
    least, most, without_catches = lengths(LOOP)
    assert least == {"Look": 3, "Done?": 2, "Tell": 2, "Last": 1}
    assert most == {"Look": 3, "Done?": 2, "Tell": 2, "Last": 1}
    assert without_catches == most


def test_catches_are_taken_where_they_may_be() -> None:
    states = {**LOOP, "Tell": task(Next="More"), "More": task(Next="Last")}
    least, most, without_catches = lengths(states)
    assert (least["Look"], most["Look"], without_catches["Look"]) == (3, 4, 3)


def test_a_loop_without_an_end_has_no_length_unless_it_may_be_lost() -> None:
    states: dict[str, Json] = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "A"},
    }
    scope = machine(states).scopes[0]
    each = dict.fromkeys(scope.postorder(), 1)
    assert shortest(scope, each) == {"A": inf, "B": inf}
    assert longest(scope, each) == {"A": -inf, "B": -inf}
    assert longest(scope, each, lost=0) == {"A": 2, "B": 1}
