"""Stored subscriptions: counted, told in order, and given up, whoever comes in between."""

import asyncio
from dataclasses import replace

import pytest

from handrail.aws.dynamodb.connections import AwsConnections
from handrail.aws.dynamodb.expressions import Write
from handrail.aws.dynamodb.items import connection_key, subscription_key
from handrail.aws.dynamodb.table import Table
from handrail.core.apigateway import GatewaySubscription, SubscriptionRequest
from handrail.core.errors import ConnectionGone, SubscriptionExists, Throttled, TooManySubscriptions
from handrail.core.models import Cursor
from tests.aws.conftest import HastyClock
from tests.aws.sockets import ID, SOCKET, WANTED, looking, only
from tests.gateway_table import Storage
from tests.stubs.faults import Faults

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def sockets(table: Table, clock: HastyClock) -> AwsConnections:
    return AwsConnections(table, clock)


async def test_a_subscription_is_kept_and_counted(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    other = SubscriptionRequest("s2", WANTED.execution, "events", "17:4")
    await sockets.subscribe(ID, WANTED, most=5)
    await sockets.subscribe(ID, other, most=5)
    found = await looking(sockets, WANTED.execution)
    assert found == [GatewaySubscription(ID, WANTED), GatewaySubscription(ID, other)]
    assert await sockets.find(ID) == replace(SOCKET, subscriptions=2)


async def test_one_that_is_another_execution_s_isnt_seen(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, SubscriptionRequest("s1", "order:7f3"), most=5)
    assert await looking(sockets, "order:7f3c") == []


@pytest.mark.parametrize("id", ["#", "a#b", "S#1", "\N{ROCKET}", "x" * 128])
async def test_a_client_may_name_it_as_it_likes(sockets: AwsConnections, id: str) -> None:
    wanted = SubscriptionRequest(id, "order:7f3c")
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, wanted, most=1)
    assert (await only(sockets)).request == wanted
    await sockets.unsubscribe(ID, id)
    assert await looking(sockets, "order:7f3c") == []


async def test_the_three_ways_a_subscription_isnt_kept(sockets: AwsConnections) -> None:
    with pytest.raises(ConnectionGone):
        await sockets.subscribe(ID, WANTED, most=1)
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    with pytest.raises(SubscriptionExists):
        await sockets.subscribe(ID, replace(WANTED, execution="a:b"), most=1)
    with pytest.raises(TooManySubscriptions):
        await sockets.subscribe(ID, SubscriptionRequest("s2", "a:b"), most=1)
    assert await sockets.find(ID) == replace(SOCKET, subscriptions=1)
    assert await looking(sockets, "a:b") == []


async def test_of_many_at_once_only_so_many_are_kept(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    wanted = [SubscriptionRequest(str(number), "a:b") for number in range(8)]
    tries = (sockets.subscribe(ID, each, most=5) for each in wanted)
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(each) for each in refused] == [TooManySubscriptions] * 3
    assert len(await looking(sockets, "a:b")) == 5


async def test_a_lost_answer_doesnt_count_a_subscription_twice(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    """moto heeds no request token, so the second attempt is answered here as AWS answers it."""
    sockets = AwsConnections(forgetful, clock)
    await sockets.open(SOCKET)
    faults.lose_next("TransactWriteItems")
    faults.answer_next("TransactWriteItems", {})
    await sockets.subscribe(ID, WANTED, most=1)
    first, second = (asked for operation, asked in faults.asked if operation[0] == "T")
    assert first["ClientRequestToken"] == second["ClientRequestToken"]


async def test_a_table_that_is_busy_is_a_throttle_and_none_of_the_three(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    reasons = [{"Code": "None"}, {"Code": "None"}, {"Code": "TransactionConflict"}]
    faults.fail_next(
        "TransactWriteItems", "TransactionCanceledException", times=99, CancellationReasons=reasons
    )
    with pytest.raises(Throttled):
        await AwsConnections(faulty, clock).subscribe(ID, WANTED, most=1)


async def test_an_id_given_up_can_be_taken_again(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    await asyncio.gather(*(sockets.unsubscribe(ID, "s1") for _ in range(4)))
    assert await sockets.find(ID) == SOCKET
    await sockets.subscribe(ID, replace(WANTED, execution="a:b"), most=1)
    assert await looking(sockets, WANTED.execution) == []
    assert (await only(sockets, "a:b")).request.execution == "a:b"


async def test_unsubscribing_from_a_connection_that_is_gone_forgets_the_rest(
    sockets: AwsConnections, table: Table, storage: Storage, table_name: str
) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    await table.write(Write.delete(connection_key(ID)))
    await sockets.unsubscribe(ID, "s1")
    assert storage.items(table_name) == []


async def test_what_was_told_moves_the_cursor(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    first = await only(sockets)
    assert await sockets.delivered(first, Cursor(17, 4), completed_at=None)
    second = await only(sockets)
    assert second == replace(first, cursor=Cursor(17, 4))
    assert await sockets.delivered(second, Cursor(17, 9), completed_at=9)
    third = await only(sockets)
    assert third == replace(first, cursor=Cursor(17, 9), completed_at=9)
    assert await sockets.delivered(third, Cursor(17, 12), completed_at=None)
    assert await only(sockets) == replace(first, cursor=Cursor(17, 12))


async def test_of_two_that_tell_the_same_one_goes_on(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    read = await only(sockets)
    tries = (sockets.delivered(read, Cursor(17, at), completed_at=None) for at in (4, 5))
    assert sorted(await asyncio.gather(*tries)) == [False, True]


@pytest.mark.parametrize("completed_at", [None, 5])
async def test_one_that_completed_meanwhile_isnt_told_over(
    sockets: AwsConnections, completed_at: int | None
) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    assert await sockets.delivered(await only(sockets), Cursor(17, 5), completed_at=completed_at)
    other = replace(await only(sockets), completed_at=None if completed_at else 5)
    assert not await sockets.delivered(other, Cursor(17, 9), completed_at=9)


async def test_one_that_ended_cant_be_told(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    read = await only(sockets)
    await sockets.unsubscribe(ID, "s1")
    assert not await sockets.delivered(read, Cursor(17, 4), completed_at=None)
    assert await looking(sockets, WANTED.execution) == []


async def test_what_one_was_told_isnt_taken_for_the_next_of_its_id(
    sockets: AwsConnections,
) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    before = await only(sockets)
    await sockets.unsubscribe(ID, "s1")
    await sockets.subscribe(ID, WANTED, most=1)
    assert not await sockets.delivered(before, Cursor(17, 4), completed_at=None)
    assert (await only(sockets)).cursor is None


async def test_a_fan_out_whose_answer_was_lost_is_known_as_one_s_own(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    sockets = AwsConnections(forgetful, clock)
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    faults.lose_next("UpdateItem")
    assert await sockets.delivered(await only(sockets), Cursor(17, 4), completed_at=None)
    assert faults.calls["UpdateItem"] == 2


async def test_a_broken_subscription_doesnt_hide_the_others(
    sockets: AwsConnections, table: Table
) -> None:
    await sockets.open(SOCKET)
    for id in ("s1", "s2"):
        await sockets.subscribe(ID, replace(WANTED, id=id), most=9)
    broken = subscription_key(WANTED.execution, ID, "s1")
    await table.write(Write.update(broken, "SET #cursor = :cursor", cursor="?"))
    assert (await only(sockets)).request.id == "s2"


async def test_a_watch_is_no_subscription(sockets: AwsConnections, table: Table) -> None:
    await table.write(Write.put(("E#order:7f3c", "#watch"), {"due_at": 1}))
    assert await looking(sockets, "order:7f3c") == []
