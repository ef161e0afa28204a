"""The pace of heartbeats and of second tries."""

from hypothesis import given
from hypothesis import strategies as st

from handrail.worker.heartbeat_pace import HeartbeatPace, refused_s, retry_s

JITTER = st.floats(0, 1)


@given(st.floats(0.1, 1000), JITTER)
def test_a_heartbeat_is_never_late_and_not_much_too_early(every_s: float, jitter: float) -> None:
    delay_s = HeartbeatPace(every_s).delay_s(failures=0, jitter=jitter)
    assert every_s * 0.75 <= delay_s <= every_s


@given(st.floats(0.1, 1000), st.integers(1, 100), JITTER)
def test_a_failed_heartbeat_is_tried_again_before_the_next_is_due(
    every_s: float, failures: int, jitter: float
) -> None:
    assert HeartbeatPace(every_s).delay_s(failures=failures, jitter=jitter) <= every_s


def test_two_heartbeats_may_get_lost() -> None:
    assert HeartbeatPace(20).window_s == 60


def test_retries_double_up_to_a_limit_with_full_jitter() -> None:
    assert [retry_s(failures=n, jitter=1) for n in (1, 2, 3, 50)] == [1, 2, 4, 20]
    assert retry_s(failures=50, jitter=0) == 0
    assert retry_s(failures=1, jitter=0.5, at_least_s=3) == 3.5


def test_after_a_refusal_the_wait_is_long_from_the_start() -> None:
    assert refused_s(failures=1, jitter=0) == 15
    assert refused_s(failures=50, jitter=1) == 315
