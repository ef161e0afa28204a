"""Deadlines are met in their order, and those of the woken not at all."""

from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.virtual_clock.sleepers import Deadlines, Sleeper


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())))
def test_those_that_are_due_come_in_their_order(given_: list[tuple[int, bool]]) -> None:
    deadlines, sleepers = Deadlines(), [(due, Sleeper(woken=woken)) for due, woken in given_]
    for due, sleeper in sleepers:
        deadlines.add(due, sleeper)
    waiting = [(due, sleeper) for due, sleeper in sleepers if not sleeper.woken]
    assert deadlines.earliest_us() == min((due for due, _ in waiting), default=None)
    expected = [each for _, each in sorted(waiting, key=lambda one: one[0])]
    early = [each for due, each in waiting if due <= 4]
    assert deadlines.take(4) == [each for each in expected if each in early]
    assert deadlines.take(9) == [each for each in expected if each not in early]
    assert deadlines.earliest_us() is None
