"""Stored sockets: each is found, identified and forgotten as the port says."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from handrail.aws.dynamodb.connections import AwsConnections
from handrail.aws.dynamodb.expressions import Write, key_of
from handrail.aws.dynamodb.items import KEPT, connection_key
from handrail.aws.dynamodb.table import Table
from handrail.core.access.principals import ANYBODY
from handrail.core.apigateway import GatewayConnection, SubscriptionRequest
from handrail.core.errors import ConnectionGone, ServiceError
from handrail.core.models import Cursor
from tests.aws.conftest import HastyClock
from tests.aws.sockets import ID, SOCKET, WANTED, WHO, looking, only
from tests.fakes import BEGIN
from tests.gateway_table import Storage
from tests.stubs.faults import Faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sockets(table: Table, clock: HastyClock) -> AwsConnections:
    return AwsConnections(table, clock)


@pytest.mark.parametrize(
    "connection",
    [
        SOCKET,
        replace(SOCKET, principal=WHO, greeted=True, subscriptions=2),
        replace(SOCKET, principal=ANYBODY, only=SubscriptionRequest("0", "a:b", "events", "17:4")),
        replace(SOCKET, awaits_init=True, only=SubscriptionRequest("0", "a:b")),
        replace(SOCKET, full_at=BEGIN + MINUTE),
    ],
)
async def test_a_connection_is_found_as_it_was_opened(
    sockets: AwsConnections, connection: GatewayConnection
) -> None:
    await sockets.open(connection)
    assert await sockets.find(ID) == connection


async def test_opening_it_again_changes_nothing(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.open(replace(SOCKET, greeted=True))
    assert await sockets.find(ID) == SOCKET


async def test_what_isnt_there_isnt_found_and_not_made(sockets: AwsConnections) -> None:
    await sockets.greeted(ID)
    assert await sockets.spend(ID, 60, now=BEGIN) is None
    assert not await sockets.identified(ID, WHO, BEGIN)
    await sockets.unsubscribe(ID, "s1")
    await sockets.close(ID)
    assert await sockets.find(ID) is None
    assert await looking(sockets, "order:7f3c") == []


async def test_ready_was_posted(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    await sockets.greeted(ID)
    assert await sockets.find(ID) == replace(SOCKET, greeted=True)


async def test_each_message_counts_and_answers_the_connection_as_it_was(
    sockets: AwsConnections,
) -> None:
    second = timedelta(seconds=1)
    await sockets.open(SOCKET)
    assert await sockets.spend(ID, 1, now=BEGIN) == SOCKET
    assert await sockets.find(ID) == replace(SOCKET, full_at=BEGIN + second)
    at_once = await asyncio.gather(*(sockets.spend(ID, 1, now=BEGIN) for _ in range(3)))
    found = sorted(each.full_at for each in at_once if each and each.full_at)
    assert found == [BEGIN + second, BEGIN + 2 * second, BEGIN + 3 * second]
    assert await sockets.find(ID) == replace(SOCKET, full_at=BEGIN + 4 * second)
    was = replace(SOCKET, full_at=BEGIN + 4 * second)
    assert await sockets.spend(ID, 60, now=BEGIN + 4 * second) == was
    assert await sockets.find(ID) == replace(SOCKET, full_at=BEGIN + 4 * second + MINUTE)


async def test_a_message_after_a_pause_costs_one_call(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    sockets = AwsConnections(faulty, clock)
    await sockets.open(SOCKET)
    await sockets.spend(ID, 1, now=BEGIN)
    await sockets.spend(ID, 1, now=BEGIN + MINUTE)
    assert faults.calls == {"PutItem": 1, "UpdateItem": 2}
    await sockets.spend(ID, 1, now=BEGIN + MINUTE)
    assert faults.calls == {"PutItem": 1, "UpdateItem": 4}, "a second one within the moment's cost"


async def test_a_connection_past_its_time_takes_no_message(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    assert await sockets.spend(ID, 1, now=BEGIN + 2 * KEPT) is None


async def test_an_init_is_accepted_once(sockets: AwsConnections) -> None:
    await sockets.open(replace(SOCKET, awaits_init=True))
    assert await sockets.identified(ID, WHO, BEGIN + MINUTE)
    assert not await sockets.identified(ID, ANYBODY, BEGIN)
    assert await sockets.find(ID) == replace(SOCKET, principal=WHO, due_at=BEGIN + MINUTE)


async def test_a_socket_that_awaits_no_init_is_not_identified(sockets: AwsConnections) -> None:
    await sockets.open(SOCKET)
    assert not await sockets.identified(ID, WHO, BEGIN)


async def test_an_init_whose_answer_was_lost_is_accepted_all_the_same(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    sockets = AwsConnections(forgetful, clock)
    await sockets.open(replace(SOCKET, awaits_init=True))
    faults.lose_next("UpdateItem")
    assert await sockets.identified(ID, WHO, BEGIN + MINUTE)
    assert faults.calls["UpdateItem"] == 2


async def test_closing_forgets_all_of_it_and_nothing_else(
    sockets: AwsConnections, storage: Storage, table_name: str
) -> None:
    other = replace(SOCKET, id="other=")
    for connection in (SOCKET, other):
        await sockets.open(connection)
    for number in range(30):
        await sockets.subscribe(
            ID, SubscriptionRequest(f"s{number}", f"order:{number % 3}"), most=100
        )
    await sockets.subscribe("other=", SubscriptionRequest("s1", "order:1"), most=100)
    await sockets.close(ID)
    await sockets.close(ID)
    assert await sockets.find(ID) is None
    assert [each.connection for each in await looking(sockets, "order:1")] == ["other="]
    assert len(storage.items(table_name)) == 3


async def test_a_close_that_died_is_finished_by_the_next(
    faulty: Table, faults: Faults, clock: HastyClock, storage: Storage, table_name: str
) -> None:
    sockets = AwsConnections(faulty, clock)
    await sockets.open(SOCKET)
    for id in ("s1", "s2"):
        await sockets.subscribe(ID, replace(WANTED, id=id), most=9)
    faults.fail_next("BatchWriteItem", "InternalFailure", times=1)
    with pytest.raises(ServiceError):
        await sockets.close(ID)
    with pytest.raises(ConnectionGone):
        await sockets.subscribe(ID, SubscriptionRequest("s3", "a:b"), most=9)
    await sockets.close(ID)
    assert storage.items(table_name) == []


async def test_the_longest_due_come_first(sockets: AwsConnections) -> None:
    for id, minutes in (("b", 2), ("a", 1), ("d", 4), ("c", 3)):
        await sockets.open(replace(SOCKET, id=id, due_at=BEGIN + minutes * MINUTE))
    found = await sockets.due(BEGIN + 3 * MINUTE, limit=9)
    assert [each.id for each in found] == ["a", "b", "c"]
    assert [each.id for each in await sockets.due(BEGIN + 9 * MINUTE, limit=2)] == ["a", "b"]
    assert await sockets.due(BEGIN, limit=9) == []


async def test_what_the_index_says_is_looked_up(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    sockets = AwsConnections(faulty, clock)
    for id, due_at in (("late", BEGIN), ("moved", BEGIN + 9 * MINUTE)):
        await sockets.open(replace(SOCKET, id=id, due_at=due_at))
    keys = [{"pk": {"S": f"C#{id}"}, "sk": {"S": "C"}} for id in ("gone", "moved", "late")]
    faults.answer_next("Query", {"Items": keys[:2], "LastEvaluatedKey": keys[0]})
    faults.answer_next("Query", {"Items": keys[2:]})
    found: Sequence[GatewayConnection] = await sockets.due(BEGIN + MINUTE, limit=2)
    assert [each.id for each in found] == ["late"]


async def test_what_nobody_closed_is_over_before_dynamodb_deletes_it(
    sockets: AwsConnections, clock: HastyClock
) -> None:
    await sockets.open(replace(SOCKET, awaits_init=True))
    await sockets.subscribe(ID, WANTED, most=1)
    await clock.advance(KEPT.total_seconds() + 1)
    assert await sockets.find(ID) is None
    assert await looking(sockets, WANTED.execution) == []
    assert await sockets.due(clock.now(), limit=9) == []
    assert not await sockets.identified(ID, WHO, clock.now())
    with pytest.raises(ConnectionGone):
        await sockets.subscribe(ID, SubscriptionRequest("s2", "a:b"), most=9)


async def test_everything_that_is_kept_has_its_end(
    sockets: AwsConnections, storage: Storage, table_name: str
) -> None:
    await sockets.open(SOCKET)
    await sockets.subscribe(ID, WANTED, most=1)
    await sockets.delivered(await only(sockets), Cursor(17, 4), completed_at=None)
    ends = {int(item["expires_at"]["N"]) for item in storage.items(table_name)}
    assert ends == {int((BEGIN + KEPT).timestamp()) + 1}


async def test_what_a_newer_version_adds_is_passed_over(
    sockets: AwsConnections, table: Table
) -> None:
    await sockets.open(replace(SOCKET, principal=WHO))
    await table.write(
        Write.update(
            connection_key(ID),
            "SET #colour = :colour, #principal.#grants = :grants",
            colour={"a": [1]},
            grants=["read", "start:order-*", "paint:*"],
        )
    )
    assert await sockets.find(ID) == replace(SOCKET, principal=WHO)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("SET #opened_at = :value", "secret"),
        ("SET #principal = :value", {"name": "secret"}),
        ("SET #principal = :value", "secret"),
        ("SET #principal.#expires_at = :value", 7),
        ("SET #principal.#grants = :value", [1]),
        ("SET #only = :value", {"id": 1}),
        ("SET #due_at = :value", 10**30),
    ],
)
async def test_a_broken_connection_counts_as_gone_and_is_logged_without_its_values(
    sockets: AwsConnections, table: Table, change: str, value: object
) -> None:
    await sockets.open(replace(SOCKET, principal=WHO))
    await table.write(Write.update(connection_key(ID), change, value=value))
    with capture_logs() as logs:
        assert await sockets.find(ID) is None
    assert [log["event"] for log in logs] == ["stored item unreadable"]
    assert "secret" not in str(logs)


async def test_a_principal_that_cant_be_read_isnt_taken_for_none(
    sockets: AwsConnections, storage: Storage, table_name: str
) -> None:
    await sockets.open(replace(SOCKET, principal=WHO))
    storage.dynamodb.update_item(
        TableName=table_name,
        Key=key_of(connection_key(ID)),
        UpdateExpression="SET principal = :newer",
        ExpressionAttributeValues={":newer": {"SS": ["shop"]}},
    )
    assert await sockets.find(ID) is None
