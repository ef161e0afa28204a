"""What may be promised of pushes."""

from handrail.usecases.live.push_state import FORGET_S, HOLE_S, PUSHED_S, PushState


def test_no_push_is_promised_sooner_than_a_moment() -> None:
    assert PushState(healthy=True).promised_s(0.0) == PUSHED_S + HOLE_S


def test_a_late_push_is_remembered_for_a_while() -> None:
    state = PushState(healthy=True)
    state.arrived(40.0, 0.0)
    state.arrived(0.5, 1.0)
    assert 39.0 < state.promised_s(1.0) - HOLE_S < 40.0
    assert 19.0 < state.promised_s(1.0 + FORGET_S) - HOLE_S < 20.0


def test_how_far_the_stream_is_behind_counts() -> None:
    assert PushState(healthy=True, behind_s=12.0).promised_s(0.0) == 12.0 + HOLE_S


def test_the_clock_may_have_run_for_years() -> None:
    state = PushState(healthy=True)
    assert state.promised_s(1e9) == PUSHED_S + HOLE_S
    state.arrived(40.0, 1e9)
    assert state.promised_s(2e9) == PUSHED_S + HOLE_S
