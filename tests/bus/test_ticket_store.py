"""Tickets at any replica, and while the bus is away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from handrail.auth.api_keys import digest_of
from handrail.auth.tickets import InMemoryTickets, Tickets
from handrail.bus import Bus
from handrail.bus.ticket_store import SharedTickets
from handrail.core.access.principals import ANYBODY, Principal
from handrail.core.errors import TooManyTickets, Unauthenticated, Unavailable
from tests.bus_server import BusServer
from tests.fakes import FakeClock, run_until_idle

from .conftest import OpenBus

WHO = Principal("who@example.com", (), ("orders",), datetime(2030, 1, 1, tzinfo=UTC), ("orders:1",))


def tickets(bus: Bus, share: int = 9) -> Tickets:
    clock = FakeClock()
    return Tickets(clock, SharedTickets(bus, clock, InMemoryTickets(clock), share))


@pytest.mark.parametrize("kind", ["bus_server", "bus_cluster"])
async def test_a_ticket_given_out_here_is_taken_there_once(
    kind: str, request: pytest.FixtureRequest, replica: OpenBus
) -> None:
    server: BusServer = request.getfixturevalue(kind)
    buses = [await replica(server) for _ in range(3)]
    here, *others = map(tickets, buses)
    ticket = await here.issue(WHO)
    found = await asyncio.gather(
        *(each.redeem(ticket.text) for each in others), return_exceptions=True
    )
    assert [who for who in found if isinstance(who, Principal)] == [WHO]


async def test_neither_it_nor_whose_it_is_is_a_key(
    bus_server: BusServer, replica: OpenBus, namespace: str
) -> None:
    ticket = await tickets(await replica(bus_server)).issue(WHO)
    with bus_server.blocking() as client:
        keys = b" ".join(client.scan_iter(f"handrail:{namespace}:*"))
        assert client.exists(keys.split()[0])
    assert ticket.text.encode() not in keys
    assert WHO.name.encode() not in keys


async def test_a_principal_has_its_share_at_all_replicas_together(
    bus_server: BusServer, replica: OpenBus
) -> None:
    buses = [await replica(bus_server) for _ in range(2)]
    here, there = (tickets(bus, share=2) for bus in buses)
    first = await here.issue(WHO)
    await there.issue(WHO)
    with pytest.raises(TooManyTickets):
        await here.issue(WHO)
    await there.issue(Principal("another", ()))
    for _ in range(3):
        await here.issue(ANYBODY)
    await there.redeem(first.text)
    while True:  # it is given back soon
        try:
            await here.issue(WHO)
            break
        except TooManyTickets:
            await run_until_idle()


async def test_one_that_has_ended_is_not_kept(bus_server: BusServer, replica: OpenBus) -> None:
    clock = FakeClock()
    store = SharedTickets(await replica(bus_server), clock, InMemoryTickets(clock), 9)
    await store.keep(b"x", WHO, clock.now() - timedelta(seconds=1))
    await store.bus.command("SET", store.bus.key("tickets", "since"), 0)
    assert await store.take(b"x") is None


async def test_without_the_bus_it_is_good_where_it_was_given_out_and_others_say_try_again(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    buses = [await replica(server, clock=FakeClock()) for _ in range(2)]
    here, there = map(tickets, buses)
    before = await here.issue(WHO)
    server.kill()
    for _ in range(3):
        with pytest.raises(Unavailable):
            await here.issue(WHO)
    ticket = await here.issue(WHO)
    for each in (before, ticket):
        with pytest.raises(Unavailable):
            await there.redeem(each.text)
    with pytest.raises(Unavailable):
        await here.redeem(before.text)
    assert await here.redeem(ticket.text) == WHO
    left = await here.issue(WHO)
    server.start()
    for bus in buses:
        while not await bus.beat():
            await run_until_idle()
    await there.issue(WHO)
    with pytest.raises(Unavailable):
        await there.redeem(left.text)
    assert await here.redeem(left.text) == WHO


async def test_one_that_was_lost_with_the_server_s_content_is_not_called_made_up(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    here = tickets(await replica(server))
    ticket = await here.issue(WHO)
    with server.blocking() as client:
        client.flushall()
    with pytest.raises(Unavailable, match="lost"):
        await here.redeem(ticket.text)


async def test_a_made_up_one_is_nobody_s(bus_server: BusServer, replica: OpenBus) -> None:
    bus = await replica(bus_server)
    await bus.command("SET", bus.key("tickets", "since"), 0)
    with pytest.raises(Unauthenticated):
        await tickets(bus).redeem("made-up")


async def test_one_that_another_version_wrote_otherwise_is_nobody_s(
    bus_server: BusServer, replica: OpenBus
) -> None:
    bus = await replica(bus_server)
    await bus.command("SET", bus.key("tickets", digest_of("new").hex()), "{}")
    with pytest.raises(Unauthenticated):
        await tickets(bus).redeem("new")
