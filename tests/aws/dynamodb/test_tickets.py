"""Tickets in the table: once, in time, at any replica."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.auth.tickets import Tickets
from handrail.aws.dynamodb.table import Table
from handrail.aws.dynamodb.tickets import AwsTickets
from handrail.core.access.principals import ANYBODY, AccessScope, Grant, Principal
from handrail.core.errors import Unauthenticated, Unavailable
from tests.aws.conftest import HastyClock
from tests.fakes import BEGIN
from tests.gateway_table import Storage
from tests.stubs.faults import Faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHO = Principal(
    "shop", (Grant(AccessScope.READ, "order-*"),), ("order-*",), BEGIN + timedelta(minutes=5)
)


@pytest.fixture
def tickets(table: Table, clock: HastyClock) -> Tickets:
    return Tickets(clock, AwsTickets(table, clock))


@pytest.mark.parametrize("who", [WHO, ANYBODY, replace(WHO, machines=(), executions=("a:b",))])
async def test_a_ticket_of_one_replica_is_good_at_another_once(
    tickets: Tickets, table: Table, clock: HastyClock, who: Principal
) -> None:
    ticket = await tickets.issue(who)
    other = Tickets(clock, AwsTickets(table, clock))
    assert await other.redeem(ticket.text) == who
    with pytest.raises(Unauthenticated):
        await tickets.redeem(ticket.text)


async def test_of_many_who_redeem_it_at_once_one_does(tickets: Tickets) -> None:
    ticket = await tickets.issue(WHO)
    tries = (tickets.redeem(ticket.text) for _ in range(9))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [each for each in outcomes if isinstance(each, Principal)] == [WHO]
    assert sum(isinstance(each, Unauthenticated) for each in outcomes) == 8


async def test_a_ticket_is_good_for_thirty_seconds_however_late_it_is_deleted(
    tickets: Tickets, clock: HastyClock
) -> None:
    early, late = await tickets.issue(WHO), await tickets.issue(WHO)
    await clock.advance(29.9)
    assert await tickets.redeem(early.text) == WHO
    await clock.advance(0.1)
    with pytest.raises(Unauthenticated):
        await tickets.redeem(late.text)


async def test_neither_ticket_nor_credential_is_in_the_table(
    tickets: Tickets, storage: Storage, table_name: str
) -> None:
    ticket = await tickets.issue(WHO)
    (item,) = storage.items(table_name)
    assert ticket.text not in str(item)
    assert set(item) == {"pk", "sk", "principal", "ends_at", "expires_at"}
    assert set(item["principal"]["M"]) == {
        "name",
        "grants",
        "machines",
        "executions",
        "expires_at",
    }
    assert int(item["expires_at"]["N"]) <= (BEGIN + timedelta(seconds=100)).timestamp()


async def test_a_made_up_ticket_is_refused(tickets: Tickets) -> None:
    with pytest.raises(Unauthenticated):
        await tickets.redeem("made-up")


async def test_a_table_that_throttles_is_no_reason_to_refuse_a_ticket(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    tickets = Tickets(clock, AwsTickets(faulty, clock))
    for operation in ("PutItem", "DeleteItem"):
        faults.fail_next(operation, "ProvisionedThroughputExceededException")
    with pytest.raises(Unavailable):
        await tickets.issue(WHO)
    ticket = await tickets.issue(WHO)
    with pytest.raises(Unavailable):
        await tickets.redeem(ticket.text)
    assert await tickets.redeem(ticket.text) == WHO


async def test_a_ticket_whose_taking_was_answered_to_nobody_is_used_up(
    forgetful: Table, faults: Faults, clock: HastyClock
) -> None:
    tickets = Tickets(clock, AwsTickets(forgetful, clock))
    ticket = await tickets.issue(WHO)
    faults.lose_next("DeleteItem")
    with pytest.raises(Unauthenticated):
        await tickets.redeem(ticket.text)
