"""When a breaker lets calls out, and what their ends do to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.breaker import Breaker, BreakerState

CLOSED, HALF_OPEN, OPEN = BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(threshold=3, recovery_s=5)
    for _ in range(3):
        breaker.failed(breaker.era, at)
    assert breaker.state is OPEN
    return breaker


def probing() -> Breaker:
    breaker = opened()
    assert breaker.wait_s(5.0) == 0
    assert breaker.state is HALF_OPEN
    return breaker


def test_it_lets_everything_out_until_so_many_fail_in_a_row() -> None:
    breaker = Breaker(threshold=3, recovery_s=5)
    for _ in range(2):
        breaker.failed(breaker.era, 0.0)
        assert breaker.wait_s(0.0) == 0
    breaker.answered(breaker.era)
    for _ in range(2):
        breaker.failed(breaker.era, 0.0)
    assert breaker.state is CLOSED
    breaker.failed(breaker.era, 0.0)
    assert breaker.state is OPEN


def test_while_open_it_says_when_to_come_back() -> None:
    breaker = opened(at=100.0)
    assert [breaker.wait_s(now) for now in (100.0, 103.0, 104.5)] == [5, 2, 0.5]
    assert breaker.state is OPEN


def test_half_open_lets_one_call_out() -> None:
    breaker = probing()
    assert [breaker.wait_s(now) for now in (5.0, 6.0, 9.0)] == [5, 4, 1]


def test_a_probe_that_was_answered_closes_it() -> None:
    breaker = probing()
    breaker.answered(breaker.era)
    assert (breaker.state, breaker.failures) == (CLOSED, 0)
    assert breaker.wait_s(5.0) == 0


def test_one_probe_that_failed_opens_it_again_for_as_long() -> None:
    breaker = probing()
    breaker.failed(breaker.era, 6.0)
    assert breaker.state is OPEN
    assert breaker.wait_s(6.0) == 5


def test_a_probe_nobody_waited_for_leaves_its_place_to_the_next_call() -> None:
    breaker = probing()
    breaker.abandoned(breaker.era, 5.5)
    assert breaker.wait_s(5.5) == 0
    assert breaker.wait_s(5.5) > 0


def test_a_probe_that_takes_long_by_right_isn_t_waited_for_for_ever() -> None:
    breaker = probing()
    assert breaker.wait_s(10.0) == 0
    breaker.answered(breaker.era)
    assert breaker.state is CLOSED


@pytest.mark.parametrize("late", ["answered", "failed", "abandoned"])
@pytest.mark.parametrize("make", [opened, probing])
def test_a_call_sent_before_it_turned_changes_nothing(late: str, make: object) -> None:
    breaker = opened() if make is opened else probing()
    state, era = breaker.state, breaker.era
    match late:
        case "answered":
            breaker.answered(0)
        case "failed":
            breaker.failed(0, 1.0)
        case "abandoned":
            breaker.abandoned(0, 1.0)
    assert (breaker.state, breaker.era) == (state, era)


moves = st.lists(
    st.tuples(st.floats(0, 4), st.sampled_from(["call", "answered", "failed", "abandoned"]))
)


@given(moves)
def test_whatever_happens_it_closes_once_calls_are_answered_again(
    moves: list[tuple[float, str]],
) -> None:
    breaker, now, era = Breaker(threshold=2, recovery_s=5), 0.0, 0
    for pause, move in moves:
        now += pause
        match move:
            case "call":
                if breaker.wait_s(now) == 0:
                    era = breaker.era
            case "answered":
                breaker.answered(era)
            case "failed":
                breaker.failed(era, now)
            case "abandoned":
                breaker.abandoned(era, now)
    assert breaker.wait_s(now + 5.01) == 0
    breaker.answered(breaker.era)
    assert breaker.state is CLOSED
