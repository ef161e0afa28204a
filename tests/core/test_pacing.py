"""How often to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.pacing import JITTER, RECOVERY_S, Pace, TokenBucket, backoff, promise_s

PACE = Pace(min_s=0.25, max_s=10)
MIDDLE = 0.5
seconds = st.floats(0, 1e6)
fractions = st.floats(0, 1)


def delay(age_s: float, idle_s: float, *, ended: bool = False) -> float:
    return PACE.delay_s(age_s=age_s, idle_s=idle_s, ended=ended, jitter=MIDDLE)


@pytest.mark.parametrize(("age_s", "idle_s"), [(0, 0), (9, 9), (3600, 0), (3600, 4.9)])
def test_what_is_young_or_just_changed_is_read_fastest(age_s: float, idle_s: float) -> None:
    assert delay(age_s, idle_s) == 0.25


def test_what_is_quiet_is_read_ever_more_rarely_up_to_a_bound() -> None:
    assert delay(3600, 9) == 1.25
    assert delay(3600, 25) == 5.25
    assert delay(3600, 1e5) == 10


def test_what_has_ended_is_read_more_rarely_at_once() -> None:
    assert delay(1, 0, ended=True) == 2
    assert delay(3600, 8, ended=True) == 4
    assert delay(3600, 1e5, ended=True) == 10


@given(seconds, seconds, st.booleans(), fractions)
def test_a_delay_stays_within_its_bounds_but_for_the_jitter(
    age_s: float, idle_s: float, ended: bool, jitter: float
) -> None:
    delay_s = PACE.delay_s(age_s=age_s, idle_s=idle_s, ended=ended, jitter=jitter)
    assert 0.25 * (1 - JITTER) <= delay_s <= 10 * (1 + JITTER) + 1e-9


@given(seconds, seconds, seconds, st.booleans())
def test_longer_quiet_is_never_read_more_often(
    age_s: float, one: float, other: float, ended: bool
) -> None:
    shorter, longer = sorted((one, other))
    assert delay(age_s, shorter, ended=ended) <= delay(age_s, longer, ended=ended)


@given(seconds, seconds)
def test_an_ended_execution_is_never_read_more_often_than_a_running_one(
    age_s: float, idle_s: float
) -> None:
    assert delay(age_s, idle_s) <= delay(age_s, idle_s, ended=True)


def test_jitter_spreads_reads_to_both_sides() -> None:
    low, high = (
        PACE.delay_s(age_s=0, idle_s=0, ended=False, jitter=jitter) for jitter in (0.0, 1.0)
    )
    assert low == pytest.approx(0.25 * (1 - JITTER))
    assert high == pytest.approx(0.25 * (1 + JITTER))


def test_a_pause_doubles_with_each_failure_up_to_a_bound() -> None:
    assert [backoff(n, first_s=1, max_s=5) for n in range(1, 5)] == [1, 2, 4, 5]
    assert backoff(10**9, first_s=1, max_s=5) == 5


def test_a_pause_is_drawn_from_all_between_the_least_and_the_longest() -> None:
    drawn = [backoff(2, first_s=1, max_s=5, least_s=0.5, jitter=jitter) for jitter in (0, 0.5, 1)]
    assert drawn == [0.5, 1.25, 2]
    assert backoff(2, first_s=1, max_s=5, jitter=0) == 0


def test_failures_back_off_twice_as_far_each_time_up_to_a_bound() -> None:
    ceilings = [PACE.backoff_s(failures=n, jitter=1.0) for n in range(1, 9)]
    assert ceilings == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert PACE.backoff_s(failures=10**9, jitter=1.0) == 20


@given(st.integers(1, 10**6), fractions)
def test_backing_off_is_spread_over_all_of_it_above_the_minimum(
    failures: int, jitter: float
) -> None:
    longest = PACE.backoff_s(failures=failures, jitter=1.0)
    assert 0.25 <= PACE.backoff_s(failures=failures, jitter=jitter) <= longest


def test_the_longest_delay_is_that_of_the_latest_jitter() -> None:
    latest = PACE.delay_s(age_s=3600, idle_s=1e5, ended=False, jitter=1.0)
    assert PACE.longest_s == pytest.approx(latest)


@pytest.mark.parametrize(
    ("within_s", "promised_s"),
    [(0, 0.5), (0.5, 0.5), (0.51, 0.7), (0.9, 1), (1.2, 1.5), (5, 5), (11, 15), (71, 100)],
)
def test_a_promise_is_rounded_up(within_s: float, promised_s: float) -> None:
    assert promise_s(within_s) == pytest.approx(promised_s)


@given(st.floats(0.5, 1e6))
def test_a_promise_is_kept_and_at_most_two_thirds_too_long(within_s: float) -> None:
    assert within_s - 1e-5 <= promise_s(within_s) <= within_s * 1.67


def taken(bucket: TokenBucket, now: float, keep: float = 0.0) -> int:
    """How many are there to be taken, which they are."""
    count = 0
    while bucket.wait_s(now, keep=keep) == 0:
        bucket.take(now)
        count += 1
    return count


def test_a_full_bucket_lets_a_burst_through_and_then_one_a_turn() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    assert taken(bucket, 100.0) == 3
    assert bucket.wait_s(100.0) == 0.5
    assert taken(bucket, 100.5) == 1
    assert bucket.wait_s(100.5) == 0.5


def test_a_bucket_refills_and_no_further_than_its_burst() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    taken(bucket, 0.0)
    assert taken(bucket, 0.5) == 1
    assert taken(bucket, 1000.0) == 3


def test_asking_for_the_wait_takes_nothing() -> None:
    bucket = TokenBucket(rate=2, burst=2)
    for _ in range(100):
        assert bucket.wait_s(100.0) == 0
    assert taken(bucket, 100.0) == 2


def test_what_is_kept_stays_there_for_others() -> None:
    bucket = TokenBucket(rate=2, burst=10)
    assert taken(bucket, 0.0, keep=4) == 6
    assert bucket.wait_s(0.0, keep=4) == 0.5
    assert taken(bucket, 0.0) == 4
    assert bucket.wait_s(0.0, keep=4) == 2.5


def test_a_wait_that_is_over_is_over_whatever_is_lost_to_rounding() -> None:
    bucket = TokenBucket(rate=20 / 3, burst=133)
    now = 1e6 / 7
    taken(bucket, now)
    for _ in range(1000):
        now += bucket.wait_s(now)
        assert taken(bucket, now) == 1


def test_being_throttled_spends_what_was_saved_and_halves_the_rate() -> None:
    bucket = TokenBucket(rate=2, burst=100)
    assert bucket.rate_now == 2
    bucket.throttled(0.0, asked_at=0.0)
    assert bucket.rate_now == 1
    assert bucket.wait_s(0.0) == 1.0
    bucket.throttled(0.0, asked_at=0.0)
    assert bucket.wait_s(0.0) == 2.0


def test_calls_made_together_that_are_all_throttled_slow_down_once() -> None:
    bucket = TokenBucket(rate=2, burst=100)
    for answered_at in (1.0, 1.1, 1.2):
        bucket.throttled(answered_at, asked_at=0.0)
    assert bucket.rate_now == pytest.approx(1, rel=0.02)
    bucket.throttled(2.0, asked_at=1.5)
    assert bucket.rate_now == pytest.approx(0.5, rel=0.1)


def test_the_rate_recovers_over_time() -> None:
    bucket = TokenBucket(rate=2, burst=1)
    bucket.throttled(0.0, asked_at=0.0)
    bucket.wait_s(RECOVERY_S / 4)
    assert bucket.rate_now == pytest.approx(1.5)
    bucket.wait_s(RECOVERY_S)
    assert bucket.rate_now == 2


def test_no_throttling_however_heavy_stops_reading_for_good() -> None:
    bucket = TokenBucket(rate=2, burst=1)
    for _ in range(100):
        bucket.throttled(0.0, asked_at=0.0)
    assert bucket.wait_s(0.0) == 32


def test_a_clock_that_stands_still_or_goes_back_refills_nothing() -> None:
    bucket = TokenBucket(rate=1, burst=1)
    assert taken(bucket, 10.0) == 1
    assert bucket.wait_s(10.0) == 1.0
    assert bucket.wait_s(9.0) == 1.0


moves = st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["take", "take", "throttled"])))


@given(st.floats(0.1, 100), st.integers(1, 20), moves)
def test_no_more_is_taken_at_once_than_the_burst_and_the_rate_allow(
    rate: float, burst: int, moves: list[tuple[float, str]]
) -> None:
    """Counted over every stretch of time that begins with a take."""
    bucket, now, times = TokenBucket(rate, burst), 0.0, list[float]()
    for pause, move in moves:
        now += pause
        if move == "throttled":
            bucket.throttled(now, asked_at=now)
        else:
            times += [now] * taken(bucket, now)
    for first, begun in enumerate(times):
        for last in range(first, len(times)):
            allowed = burst + rate * (times[last] - begun)
            assert last - first + 1 <= allowed + 1e-3
