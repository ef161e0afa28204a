"""What one principal may hold, and use up, while others get theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.shares import RateShares, Shares


def test_a_principal_takes_its_share_and_no_more() -> None:
    shares = Shares(2)
    assert [shares.take("alice") for _ in range(3)] == [True, True, False]
    assert shares.held("alice") == 2
    assert shares.take("bob")


def test_what_is_given_back_can_be_taken_again() -> None:
    shares = Shares(1)
    assert shares.take("alice")
    shares.give_back("alice")
    assert shares.take("alice")
    assert not shares.take("alice")


def test_who_holds_nothing_is_not_remembered() -> None:
    shares = Shares(1)
    for name in map(str, range(1000)):
        shares.take(name)
        shares.give_back(name)
    assert len(shares) == 0


def test_giving_back_what_was_never_taken_is_an_error() -> None:
    with pytest.raises(KeyError):
        Shares(1).give_back("alice")


def test_a_burst_is_there_at_once_and_then_the_rate() -> None:
    shares = RateShares(rate=10, burst=3)
    assert [shares.take("alice", 0.0) for _ in range(3)] == [0, 0, 0]
    assert shares.take("alice", 0.0) == pytest.approx(0.1)
    assert shares.take("bob", 0.0) == 0
    assert shares.take("alice", 0.05) == pytest.approx(0.05)
    assert shares.take("alice", 0.1) == 0
    assert shares.take("alice", 0.1) > 0


def test_being_refused_costs_nothing() -> None:
    shares = RateShares(rate=10, burst=1)
    assert shares.take("alice", 0.0) == 0
    for _ in range(100):
        assert shares.take("alice", 0.0) == pytest.approx(0.1)
    assert shares.take("alice", 0.1) == 0


def test_a_pause_saves_up_a_burst_and_no_more() -> None:
    shares = RateShares(rate=10, burst=2)
    for now in (0.0, 1000.0):
        assert [shares.take("alice", now) == 0 for _ in range(3)] == [True, True, False]


def test_the_time_said_is_when_one_is_there() -> None:
    shares = RateShares(rate=0.3, burst=1)
    assert shares.take("alice", 5.0) == 0
    assert shares.take("alice", 5.0 + shares.take("alice", 5.0)) == 0


def test_a_share_under_one_still_gives_one() -> None:
    assert RateShares(rate=0.5, burst=0).take("alice", 0.0) == 0


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=200))
def test_nobody_gets_more_than_the_burst_and_the_rate(gaps: list[float]) -> None:
    shares, now, taken = RateShares(rate=20, burst=5), 0.0, 0
    for gap in gaps:
        now += gap
        taken += shares.take("alice", now) == 0
        assert taken <= 5 + 20 * now + 0.001


@given(st.integers(1, 50))
def test_quiet_principals_are_forgotten(at_once: int) -> None:
    """Whoever comes: what is remembered is bounded by who acted within a full bucket's time."""
    shares, now = RateShares(rate=10, burst=10), 0.0
    for number in range(at_once * 20):
        now += 1.0 / at_once  # so that `at_once` new ones come in the second a bucket fills in
        assert shares.take(f"principal-{number}", now) == 0
        assert len(shares) <= at_once + 2


def test_a_burst_is_due_at_once_and_what_follows_later_and_later() -> None:
    due = RateShares(rate=2, burst=3)
    assert [due.due_at("alice", 100.0) for _ in range(5)] == [100, 100, 100, 100.5, 101]


def test_anybody_elses_is_due_before_what_one_asked_for_at_once() -> None:
    due = RateShares(rate=2, burst=1)
    many = [due.due_at("alice", 0.0) for _ in range(100)]
    assert due.due_at("bob", 0.0) < many[1]


def test_who_was_quiet_has_a_burst_again_and_no_more() -> None:
    due = RateShares(rate=2, burst=3)
    for now in (0.0, 1000.0):
        assert [due.due_at("alice", now) - now for _ in range(4)] == [0, 0, 0, 0.5]


@given(st.lists(st.floats(0, 2), min_size=1, max_size=100))
def test_no_more_fall_due_than_the_burst_and_the_rate(gaps: list[float]) -> None:
    due, now, claimed = RateShares(rate=2, burst=5), 0.0, list[float]()
    for gap in gaps:
        now += gap
        claimed.append(due.due_at("alice", now))
        assert claimed[-1] >= now
    for count, at in enumerate(claimed, start=1):
        assert count <= 5 + 2 * at + 0.001


@given(st.integers(1, 50))
def test_whose_calls_were_due_long_ago_is_forgotten(at_once: int) -> None:
    due, now = RateShares(rate=10, burst=10), 0.0
    for number in range(at_once * 20):
        now += 1.0 / at_once
        due.due_at(f"principal-{number}", now)
        assert len(due) <= at_once + 2
