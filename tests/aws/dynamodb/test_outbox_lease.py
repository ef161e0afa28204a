"""Who sends, where clocks differ and answers get lost."""

import pytest

from handrail.aws.dynamodb.outbox_lease import StoredLease
from handrail.aws.dynamodb.table import Table
from tests.aws.conftest import HastyClock
from tests.stubs.faults import Faults

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_no_clock_counts_but_one_s_own(table: Table, clock: HastyClock) -> None:
    """Whoever's clock is days ahead waits for as long as the others do."""
    ahead = HastyClock()
    await ahead.advance(5 * 24 * 3600)
    first, second = StoredLease(table, clock), StoredLease(table, ahead)
    assert await first.take("a", 15)
    assert not await second.take("b", 15)
    await ahead.advance(14)
    assert not await second.take("b", 15)
    await ahead.advance(1)
    assert await second.take("b", 15)


async def test_a_renewed_lease_is_seen_anew(table: Table, clock: HastyClock) -> None:
    first, second = StoredLease(table, clock), StoredLease(table, clock)
    assert await first.take("a", 15)
    for _ in range(4):
        await clock.advance(10)
        assert not await second.take("b", 15)
        assert await first.take("a", 15)
    await clock.advance(14)
    assert not await second.take("b", 15)


async def test_of_two_who_saw_it_end_one_takes_it(table: Table, clock: HastyClock) -> None:
    first, second, third = (StoredLease(table, clock) for _ in range(3))
    assert await first.take("a", 15)
    assert not await second.take("b", 15)
    assert not await third.take("c", 15)
    await clock.advance(15)
    assert await third.take("c", 15)
    assert not await second.take("b", 15)


async def test_one_whose_answer_was_lost_is_taken(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    first, second = StoredLease(forgetful, clock), StoredLease(forgetful, clock)
    faults.lose_next("UpdateItem")
    assert await first.take("a", 15)
    await second.give_up("b")
    assert not await second.take("b", 15)
    await first.give_up("a")
    assert await second.take("b", 15)
