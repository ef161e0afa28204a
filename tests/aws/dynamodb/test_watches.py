"""Watches: one tells at a time, and whoever comes second leaves word that isn't lost."""

import asyncio
from datetime import timedelta

import pytest

from handrail.aws.dynamodb.expressions import Write
from handrail.aws.dynamodb.items import KEPT, watch_key
from handrail.aws.dynamodb.table import Table
from handrail.aws.dynamodb.watches import ATTEMPTS, AwsWatches
from handrail.core.errors import Throttled
from tests.aws.conftest import HastyClock
from tests.fakes import BEGIN
from tests.gateway_table import Storage
from tests.stubs.faults import Faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

X = "order:7f3c"
LEASE = timedelta(seconds=30)
LATER = timedelta(minutes=10)


@pytest.fixture
def watches(table: Table, clock: HastyClock) -> AwsWatches:
    return AwsWatches(table, clock)


async def take(watches: AwsWatches, clock: HastyClock, owner: str) -> bool:
    now = clock.now()
    return await watches.take(X, owner=owner, until=now + LEASE, now=now)


async def release(
    watches: AwsWatches, clock: HastyClock, owner: str, *, after: timedelta | None = LATER
) -> bool:
    due_at = None if after is None else clock.now() + after
    return await watches.release(X, owner=owner, due_at=due_at)


async def due(watches: AwsWatches, clock: HastyClock) -> bool:
    return list(await watches.due(clock.now(), limit=9)) == [X]


async def settled(watches: AwsWatches, clock: HastyClock) -> None:
    """Watched, and so long ago that its subscription must have come."""
    await watches.watch(X)
    await clock.advance(61)


async def test_what_nobody_looks_at_is_told_by_nobody(
    watches: AwsWatches, clock: HastyClock, storage: Storage, table_name: str
) -> None:
    assert not await take(watches, clock, "a")
    assert await release(watches, clock, "a")
    assert not await watches.extend(X, owner="a", until=clock.now())
    assert storage.items(table_name) == []


async def test_one_tells_at_a_time_and_then_the_next(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    assert not await take(watches, clock, "b")
    assert not await release(watches, clock, "a")
    assert await release(watches, clock, "a")
    assert await take(watches, clock, "b")


async def test_of_many_at_once_one_tells(watches: AwsWatches, clock: HastyClock) -> None:
    await watches.watch(X)
    taken = await asyncio.gather(*(take(watches, clock, str(number)) for number in range(9)))
    assert sum(taken) == 1


async def test_a_teller_that_asks_again_is_a_second_one(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    assert not await take(watches, clock, "a")
    assert not await release(watches, clock, "a")


async def test_word_left_before_it_was_taken_is_answered_by_the_taking(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a")


async def test_a_new_look_leaves_word(watches: AwsWatches, clock: HastyClock) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    await watches.watch(X)
    assert not await release(watches, clock, "a")


async def test_a_teller_that_died_is_succeeded_at_its_lease_s_end(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    await clock.advance(29.999)
    assert not await due(watches, clock)
    assert not await take(watches, clock, "b")
    await clock.advance(0.001)
    assert await due(watches, clock)
    assert await take(watches, clock, "b")
    assert await release(watches, clock, "b")


async def test_whoever_was_succeeded_has_nothing_to_say(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    await clock.advance(30)
    assert await take(watches, clock, "b")
    assert not await watches.extend(X, owner="a", until=clock.now() + LEASE)
    assert await release(watches, clock, "a", after=None)
    assert not await take(watches, clock, "c")
    assert not await release(watches, clock, "b")


async def test_a_lease_is_extended_even_late_if_nobody_came(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    await clock.advance(45)
    assert await watches.extend(X, owner="a", until=clock.now() + LEASE)
    await clock.advance(29)
    assert not await due(watches, clock)
    assert not await take(watches, clock, "b")


async def test_a_lease_ends_when_it_did_whoever_left_word(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    assert not await take(watches, clock, "b")
    await clock.advance(20)
    assert await watches.extend(X, owner="a", until=clock.now() + LEASE)
    assert not await release(watches, clock, "a")
    await clock.advance(29)
    assert not await take(watches, clock, "c")
    assert not await release(watches, clock, "a")
    await clock.advance(1)
    assert await due(watches, clock)
    assert await take(watches, clock, "c")


async def test_it_is_due_when_whoever_told_says(watches: AwsWatches, clock: HastyClock) -> None:
    await settled(watches, clock)
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a", after=LATER)
    await clock.advance(599)
    assert not await due(watches, clock)
    await clock.advance(1)
    assert await due(watches, clock)


async def test_what_nobody_looks_at_any_more_is_forgotten(
    watches: AwsWatches, clock: HastyClock, storage: Storage, table_name: str
) -> None:
    await settled(watches, clock)
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a", after=None)
    assert storage.items(table_name) == []
    assert not await take(watches, clock, "b")


@pytest.mark.parametrize("after", [None, LATER])
async def test_what_was_watched_lately_is_soon_read_again(
    watches: AwsWatches, clock: HastyClock, after: timedelta | None
) -> None:
    """The subscription may be on its way, and whoever brings it may die before telling."""
    await watches.watch(X)
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a", after=after)
    assert not await due(watches, clock)
    await clock.advance(60)
    assert await due(watches, clock)
    assert await take(watches, clock, "b")
    assert await release(watches, clock, "b", after=None) is True


async def test_a_watch_whose_maker_died_is_soon_read(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await settled(watches, clock)
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a", after=LATER)
    await watches.watch(X)
    await clock.advance(10)
    assert await due(watches, clock)


async def test_a_pace_that_is_fast_stays_so_for_new_watches(
    watches: AwsWatches, clock: HastyClock
) -> None:
    await watches.watch(X)
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a", after=timedelta(seconds=5))
    await clock.advance(5)
    assert await due(watches, clock)


async def test_the_longest_due_come_first(
    watches: AwsWatches, table: Table, clock: HastyClock
) -> None:
    for execution in ("b", "a", "c"):
        await watches.watch(execution)
        await clock.advance(1)
    await table.write(Write.put(("E#z", "socket#s1"), {"due_kind": "watch", "due_at": 1}))
    await table.write(Write.put(("C#z", "C"), {"due_kind": "connection", "due_at": 1}))
    assert list(await watches.due(clock.now(), limit=9)) == []
    await clock.advance(10)
    assert list(await watches.due(clock.now(), limit=9)) == ["b", "a", "c"]
    assert list(await watches.due(clock.now(), limit=2)) == ["b", "a"]


async def test_a_take_whose_answer_was_lost_is_known_as_one_s_own(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    watches = AwsWatches(forgetful, clock)
    await watches.watch(X)
    faults.lose_next("UpdateItem")
    assert await take(watches, clock, "a")
    assert await release(watches, clock, "a")


async def test_a_release_whose_answer_was_lost_is_one(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    watches = AwsWatches(forgetful, clock)
    await settled(watches, clock)
    assert await take(watches, clock, "a")
    faults.lose_next("DeleteItem")
    assert await release(watches, clock, "a", after=None)


async def test_a_watch_that_changes_hands_all_the_time_is_a_throttle(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    held = {"owner": {"S": "b"}, "until": {"N": "0"}}
    faults.fail_next("UpdateItem", "ConditionalCheckFailedException", times=99, Item=held)
    with pytest.raises(Throttled):
        await take(AwsWatches(faulty, clock), clock, "a")
    assert faults.calls["UpdateItem"] == 2 * ATTEMPTS


async def test_every_watch_has_its_end(
    watches: AwsWatches, clock: HastyClock, storage: Storage, table_name: str
) -> None:
    def ends_at() -> int:
        (item,) = storage.items(table_name)
        return int(item["expires_at"]["N"])

    await watches.watch(X)
    assert ends_at() == int((BEGIN + timedelta(seconds=10) + KEPT).timestamp()) + 1
    await take(watches, clock, "a")
    assert ends_at() == int((BEGIN + LEASE + KEPT).timestamp()) + 1
    await clock.advance(61)
    await release(watches, clock, "a", after=LATER)
    assert ends_at() == int((clock.now() + LATER + KEPT).timestamp()) + 1


async def test_a_watch_keeps_its_key_apart(watches: AwsWatches, table: Table) -> None:
    await watches.watch(X)
    item = await table.get(watch_key(X))
    assert item is not None
    assert (item["pk"], item["sk"], item["due_kind"]) == ("E#order:7f3c", "#watch", "watch")
