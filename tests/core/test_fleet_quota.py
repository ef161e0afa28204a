"""What replicas may call while the bus is there, away, and back again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.fleet_quota import TOLD_LATELY_S, FleetQuota, QuotaState

REPLICAS = 3


async def granted(quota: FleetQuota, now: float, claims: int, *, keep: float = 0.0) -> int:
    waits_s = [await quota.claim_alone(now, keep=keep, replicas=REPLICAS) for _ in range(claims)]
    return waits_s.count(0)


async def test_without_the_bus_a_replica_makes_its_part_of_what_was_left() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(9.0, 1.0, "1"), 0.0)
    assert quota.tokens(0.0, REPLICAS) == 3
    assert await granted(quota, 0.0, 9) == 3
    assert quota.tokens(2.0, REPLICAS) == 2
    assert await granted(quota, 2.0, 9) == 2
    assert quota.wait_s(2.0) == pytest.approx(1.0)


async def test_one_that_was_told_nothing_lately_begins_with_nothing() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(9.0, 1.0, "1"), 0.0)
    assert await granted(quota, TOLD_LATELY_S + 1, 9) == 0


async def test_one_that_never_was_told_begins_with_its_part_of_all() -> None:
    assert await granted(FleetQuota(3.0, 30.0), 0.0, 30) == 10


async def test_the_part_of_a_small_burst_grows_to_one_call() -> None:
    quota = FleetQuota(0.3, 1.0)
    assert await granted(quota, 0.0, 1) == 0
    assert await granted(quota, 7.0, 2, keep=0.9) == 1
    assert await granted(quota, 16.9, 1) == 0
    assert await granted(quota, 17.1, 1) == 1


async def test_what_was_called_meanwhile_is_owed_to_the_bus_once() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(9.0, 1.0, "1"), 0.0)
    await granted(quota, 0.0, 9)
    assert quota.take_debt(0.0) == 3
    assert quota.take_debt(0.0) == 0
    quota.owe(3)
    quota.told(QuotaState(6.0, 1.0, "1"), 0.0)
    assert quota.take_debt(0.0) == 3


async def test_what_has_come_back_meanwhile_is_not_owed() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(30.0, 1.0, "1"), 0.0)
    assert await granted(quota, 0.0, 10) == 10
    assert quota.take_debt(4.0) == pytest.approx(6)
    assert quota.take_debt(60.0) == 0


async def test_of_a_bucket_that_was_lost_a_replica_knows_its_part() -> None:
    quota = FleetQuota(3.0, 30.0)
    assert quota.left(0.0, REPLICAS).generation == ""
    quota.told(QuotaState(9.0, 1.0, "1"), 0.0)
    assert quota.left(0.0, REPLICAS) == QuotaState(3.0, 1.0, "1")
    assert quota.left(TOLD_LATELY_S + 1, REPLICAS).tokens == 0
    assert quota.left(TOLD_LATELY_S + 1, 1).tokens == pytest.approx(9 + 3 * 6)


async def test_of_a_part_that_is_used_it_knows_what_is_left() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(9.0, 1.0, "1"), 0.0)
    await granted(quota, 0.0, 2)
    assert quota.left(0.0, REPLICAS).tokens == 1


def test_an_answer_that_was_overtaken_says_nothing() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(9.0, 1.0, "1", at=2.0), 0.0)
    quota.told(QuotaState(10.0, 1.0, "1", at=1.0), 0.0)
    assert quota.left(0.0, 1).tokens == 9
    quota.told(QuotaState(10.0, 1.0, "2", at=1.0), 0.0)
    assert quota.left(0.0, 1).tokens == 10


async def test_a_throttled_answer_slows_the_part_down_too() -> None:
    quota = FleetQuota(3.0, 30.0)
    quota.told(QuotaState(30.0, 1.0, "1"), 0.0)
    await granted(quota, 0.0, 1)
    quota.throttled(0.0, asked_at=0.0)
    assert quota.slowed == 0.5
    assert await granted(quota, 0.0, 1) == 0
    assert quota.left(0.0, REPLICAS) == QuotaState(0.0, 0.5, "1")


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, REPLICAS - 1), st.integers(0, 20), st.floats(0, 20)), max_size=30
    ),
    st.floats(0, 30),
)
async def test_an_outage_lets_no_more_calls_out_than_the_quota(
    calls: list[tuple[int, int, float]], left: float
) -> None:
    """However they are spread over replicas and time; and what the bus has afterwards, debts
    taken, is no more than would be there had it counted them all."""
    rate, burst, now, made = 3.0, 30.0, 0.0, 0
    quotas = [FleetQuota(rate, burst) for _ in range(REPLICAS)]
    for quota in quotas:
        quota.told(QuotaState(left, 1.0, "1"), 0.0)
        await granted(quota, 0.0, 0)
        await quota.claim_alone(0.0, keep=burst, replicas=REPLICAS)
    level = left
    for which, claims, later_s in calls:
        now += later_s
        level = min(burst, level + later_s * rate)
        count = await granted(quotas[which], now, claims)
        made, level = made + count, level - count
        assert level >= -1e-3
    common = min(burst, left + now * rate)
    assert common - sum(quota.take_debt(now) for quota in quotas) <= level + 1e-3
