"""What is the table's alone of the outbox; what each outbox does, `tests/usecases/news` holds it
to."""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.dynamodb.stored_outbox import ATTEMPTS, AwsOutbox
from handrail.aws.dynamodb.table import Table
from handrail.core.errors import Throttled, Unavailable
from handrail.core.models import ExecutionId
from tests.aws.conftest import GatewayClients, HastyClock
from tests.aws.interleaving import Actor, play
from tests.gateway_table import Storage
from tests.outboxes import ORDER, news_of, up_to
from tests.stubs.faults import Faults
from tests.usecases.news.leading import FEW, Told, check_outbox, lead

pytestmark = pytest.mark.asyncio(loop_scope="session")

A_DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def outbox(table: Table, clock: HastyClock) -> AwsOutbox:
    return AwsOutbox(table, clock)


async def due(outbox: AwsOutbox, clock: HastyClock) -> list[int]:
    return [each.event_id for each in await outbox.due(clock.now(), 10)]


async def test_what_is_known_of_news_that_was_done_is_left_to_expire(
    outbox: AwsOutbox, clock: HastyClock, storage: Storage, table_name: str
) -> None:
    """And nothing else: no lane, no body."""
    await outbox.put(up_to(5), [news_of(5, body="secret")])
    before = {item["sk"]["S"][0]: item for item in storage.items(table_name)}
    assert "expires_at" not in before["D"]
    assert "expires_at" not in before["K"]
    await outbox.done(news_of(5))
    after = {item["sk"]["S"][0]: item for item in storage.items(table_name)}
    assert after.keys() == {"K", "o"}  # and the execution's own
    left_ms = int(after["K"]["expires_at"]["N"]) * 1000 - clock.now().timestamp() * 1000
    assert A_DAY_MS < left_ms < 2 * A_DAY_MS


async def test_a_put_whose_answer_was_lost_is_repeated(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    outbox = AwsOutbox(forgetful, clock)
    faults.lose_next("TransactWriteItems")
    await outbox.put(up_to(5), [news_of(5)])
    assert await due(outbox, clock) == [5]
    assert await outbox.find(ORDER) == up_to(5)


async def test_what_fails_changes_nothing_and_is_done_by_the_next_call(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    outbox = AwsOutbox(faulty, clock)
    faults.fail_next("TransactWriteItems", "InternalServerError", status=500)
    with pytest.raises(Unavailable):
        await outbox.put(up_to(5), [news_of(5)])
    assert await outbox.find(ORDER) is None
    await outbox.put(up_to(5), [news_of(5)])
    faults.lose_next("TransactWriteItems")
    with pytest.raises(Unavailable):
        await outbox.done(news_of(5))
    await outbox.done(news_of(5))
    assert await due(outbox, clock) == []


async def test_a_position_moves_with_the_last_of_many_deliveries(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    """A transaction takes a hundred items: what comes after a failure comes with the next put."""
    outbox = AwsOutbox(faulty, clock)
    many = [news_of(event_id) for event_id in range(1, 40)]
    faults.told["TransactWriteItems"] = deque([None, (500, {"__type": "InternalServerError"})])
    with pytest.raises(Unavailable):
        await outbox.put(up_to(40), many)
    assert await outbox.find(ORDER) is None
    assert (await outbox.counts()).waiting == 33
    await outbox.put(up_to(40), many)
    assert await outbox.find(ORDER) == up_to(40)
    assert (await outbox.counts()).waiting == 39
    sent = [
        len(body["TransactItems"]) for name, body in faults.asked if name.startswith("Transact")
    ]
    assert max(sent) <= 100


async def test_a_lane_that_many_change_is_left_to_them(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    outbox = AwsOutbox(faulty, clock)
    await outbox.put(up_to(5), [news_of(5)])
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}, {"Code": "None"}]
    refused = "TransactionCanceledException"
    faults.fail_next("TransactWriteItems", refused, times=9, CancellationReasons=reasons)
    with pytest.raises(Throttled):
        await outbox.done(news_of(5))
    assert faults.calls["TransactWriteItems"] == 1 + ATTEMPTS
    assert await outbox.waiting(10) != []


async def test_each_call_writes_once(faulty: Table, faults: Faults, clock: HastyClock) -> None:
    """So whoever dies leaves either all of it behind or nothing."""
    outbox = AwsOutbox(faulty, clock)
    await outbox.put(up_to(6), [news_of(5), news_of(6)])
    await outbox.retry(replace(news_of(5), attempts=1))
    await outbox.done(news_of(5))
    assert await outbox.drop(news_of(6).key)
    assert faults.calls["TransactWriteItems"] == 4
    assert not {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"} & faults.calls.keys()


async def test_what_is_due_costs_three_calls_however_many_wait(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    outbox = AwsOutbox(faulty, clock)
    for number in range(4):
        execution = ExecutionId("orders", str(number))
        await outbox.put(up_to(9, execution), [news_of(event, execution) for event in range(1, 9)])
    faults.calls.clear()
    assert len(await outbox.due(clock.now(), 3)) == 3
    assert faults.calls == {"Query": 1, "BatchGetItem": 2}


@pytest.mark.parametrize("seed", range(3))
async def test_two_leaders_in_any_order_of_calls_lose_nothing_and_keep_the_order(
    seed: int, stored_clients: GatewayClients, table_name: str, clock: HastyClock
) -> None:
    """Neither knows of the other."""
    told, chance = Told(ORDER, FEW), random.Random(seed)  # noqa: S311 no secret
    leaders = Actor(), Actor()
    for leader in leaders:
        table = Table(stored_clients.straight, leader, table_name, clock)
        await leader.begin(lead(AwsOutbox(table, clock), clock, told))

    async def choose(alive: Sequence[Actor]) -> Actor:
        return chance.choice(alive)

    await play(leaders, choose)
    table = Table(stored_clients.straight, AwsCalls(), table_name, clock)
    await check_outbox(AwsOutbox(table, clock), told)
