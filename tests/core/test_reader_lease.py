"""Who reads for all: when the bus is asked, and what a replica does meanwhile."""

from math import inf

import pytest

from handrail.core.reader_lease import (
    AGAIN_S,
    ASK_S,
    FOLLOW_S,
    JUST_OVER_S,
    LEASE_S,
    RENEW_S,
    SILENCE_S,
    ReaderLease,
    Role,
    Step,
)


def leading() -> ReaderLease:
    lease = ReaderLease()
    lease.attended(10.0, leads=True, left_s=LEASE_S)
    return lease


def following(left_s: float = LEASE_S, read_age_s: float = inf) -> ReaderLease:
    lease = ReaderLease()
    lease.attended(10.0, leads=False, left_s=left_s, read_age_s=read_age_s)
    return lease


def step(lease: ReaderLease, now: float = 10.0, **options: bool | float) -> Step:
    asked = {"due": True, "known": True, "hole": False, "urgent": False, "need_at": 9.5}
    return lease.step(now, **{**asked, **options})  # type: ignore[arg-type]


def test_nothing_is_read_before_the_bus_was_asked() -> None:
    lease = ReaderLease()
    assert not lease.reads(10.0)
    assert lease.next_at == -inf


def test_who_has_the_lease_reads_until_it_may_have_run_out() -> None:
    lease = leading()
    assert lease.next_at == 10.0 + RENEW_S < 10.0 + LEASE_S
    assert lease.reads(10.0 + LEASE_S - 0.01)
    assert not lease.reads(10.0 + LEASE_S)
    assert step(lease) is Step.READ
    assert step(lease, due=False) is Step.WAIT


def test_who_follows_shows_what_came_and_looks_now_and_then() -> None:
    lease = following()
    assert not lease.reads(10.0)
    assert step(lease) is Step.SHOW
    assert step(lease, known=False) is Step.WAIT
    assert lease.next_at == 10.0 + FOLLOW_S


def test_a_lease_is_tried_for_right_after_its_end() -> None:
    assert following(left_s=0.5).next_at == pytest.approx(10.5 + JUST_OVER_S)
    assert following(left_s=0.001).next_at > 10.0


@pytest.mark.parametrize("known", [True, False])
def test_a_request_has_the_reader_asked_and_reads_itself_after_a_moment(known: bool) -> None:
    lease = following()
    asked = {"urgent": True, "known": known}
    assert step(lease, 10.0, **asked) is Step.ASK
    assert lease.wait_s(10.4) == pytest.approx(ASK_S - 0.4)
    assert step(lease, 10.4, **asked) is Step.WAIT
    assert step(lease, 10.0 + ASK_S, **asked) is Step.READ
    assert step(lease, 10.1 + ASK_S, **asked) is Step.ASK


def test_a_request_is_served_by_a_read_that_is_young_enough() -> None:
    lease = following(read_age_s=0.4)
    assert step(lease, urgent=True, need_at=9.6) is Step.SHOW
    assert step(lease, urgent=True, need_at=9.7) is Step.ASK
    lease.attended(10.2, leads=False, left_s=LEASE_S, read_age_s=0.1)
    assert step(lease, urgent=True, need_at=9.7) is Step.SHOW
    assert not lease.asking


def test_when_it_was_read_never_goes_back() -> None:
    lease = following(read_age_s=0.4)
    lease.attended(10.2, leads=False, left_s=LEASE_S, read_age_s=8.0)
    assert lease.read_at == pytest.approx(9.6)


def test_what_the_bus_no_longer_has_is_read_from_aws() -> None:
    assert step(following(), hole=True, due=False) is Step.READ


def test_without_the_bus_it_reads_for_itself_and_tries_again() -> None:
    lease = ReaderLease()
    assert not lease.unanswered(11.0), "who asked first knows"
    assert lease.role is Role.ALONE
    assert lease.reads(99.0)
    assert lease.next_at == 11.0 + AGAIN_S
    assert step(lease) is Step.READ


@pytest.mark.parametrize(("lease", "held_s"), [(leading(), LEASE_S), (following(), SILENCE_S)])
def test_a_bus_that_is_silent_for_a_moment_changes_nothing(
    lease: ReaderLease, held_s: float
) -> None:
    before = lease.role
    assert not lease.unanswered(10.0 + held_s - 0.1)
    assert lease.role is before
    assert lease.next_at == pytest.approx(10.0 + held_s - 0.1 + AGAIN_S)
    assert lease.unanswered(10.0 + held_s)
    assert lease.role is Role.ALONE


def test_where_nobody_reads_for_all_it_reads_for_itself() -> None:
    assert following(left_s=0.0).role is Role.ALONE


def test_a_watch_that_nobody_uses_asks_the_bus_before_it_is_read_again() -> None:
    lease = leading()
    assert not lease.attended(11.0, leads=False, left_s=0.0, idle=True)
    assert lease.role is Role.UNKNOWN
    assert not lease.reads(11.0)
    assert lease.next_at > 11.0


def test_a_role_that_turned_is_said_once() -> None:
    lease = ReaderLease()
    assert not lease.attended(1.0, leads=False, left_s=2.0), "who asked first knows"
    assert lease.attended(4.0, leads=True, left_s=LEASE_S)
    assert not lease.attended(5.0, leads=True, left_s=LEASE_S)
    assert lease.attended(9.0, leads=False, left_s=2.0)
