"""The servers that the bus speaks to: plain, a cluster, behind TLS, with passwords."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis._parsers.base import BaseParser

from handrail.auth.tickets import InMemoryTickets
from handrail.bus.nudges import SharedNudges
from handrail.bus.redis_clients import connected, other_nodes, reason
from handrail.bus.shared_memory import SharedStarts
from handrail.bus.ticket_store import SharedTickets
from handrail.core.access.principals import Principal
from handrail.core.bus_address import BusAddress
from handrail.core.models import ExecutionId
from handrail.usecases.in_memory import InMemoryStarts
from tests.bus_server import HOST, BusServer
from tests.fakes import BEGIN, FakeClock
from tests.server.free_port import free_port

from .conftest import OpenBus, OpenLink

SCALE = Path(__file__).parents[2] / "docs" / "scale.md"


@pytest.mark.parametrize("kind", ["bus_server", "bus_cluster", "bus_over_tls"])
async def test_a_bus_is_reached_by_its_url(
    kind: str, request: pytest.FixtureRequest, replica: OpenBus
) -> None:
    server: BusServer = request.getfixturevalue(kind)
    bus = await replica(server)
    assert bus.up
    await bus.command("SET", bus.key("one", "a"), "1")
    assert await bus.command("GET", bus.key("one", "a")) == b"1"


async def test_a_cluster_may_be_said_to_be_one(bus_cluster: BusServer, replica: OpenBus) -> None:
    bus = await replica(f"redis+cluster://{HOST}:{bus_cluster.port}")
    assert await bus.command("SET", bus.key("one"), "1") in {b"OK", True}


async def test_a_certificate_that_nobody_trusts_is_refused(
    bus_over_tls: BusServer, replica: OpenBus
) -> None:
    assert not (await replica(f"rediss://{HOST}:{bus_over_tls.port}")).up


async def test_a_password_and_a_database_are_those_of_its_url(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server("--requirepass", "s3cret/")
    bus = await replica(f"redis://:s3cret%2F@{HOST}:{server.port}/3")
    await bus.command("SET", bus.key("one"), "1")
    assert (await replica(f"redis://:s3cret%2F@{HOST}:{server.port}?db=3")).up
    with server.blocking() as client:
        client.auth("s3cret/")
        client.select(3)
        assert client.get(bus.key("one")) == b"1"
    assert not (await replica(f"redis://:wrong@{HOST}:{server.port}")).up


@pytest.mark.parametrize("cluster", [False, True])
async def test_a_user_needs_no_more_than_the_document_says(
    request: pytest.FixtureRequest, cluster: bool, linked: OpenLink
) -> None:
    allowed = re.findall(r"held to `(~.*?)`", SCALE.read_text(encoding="utf-8"))[0].split()
    server: BusServer = request.getfixturevalue("bus_cluster" if cluster else "bus_server")
    with server.blocking() as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">s3cret", *allowed)
    link = await linked(f"redis://app:s3cret@{HOST}:{server.port}")
    bus, clock = link.bus, FakeClock()
    heard = asyncio.Event()
    SharedNudges(link.announcements)
    link.announcements.listen("report", lambda *_: heard.set())
    assert await link.quota("ListExecutions", 2.0, 4.0).claim(0.0) == 0
    link.quota("ListExecutions", 2.0, 4.0).throttled(1.0, asked_at=1.0)
    tickets = SharedTickets(bus, clock, InMemoryTickets(clock), 9)
    await tickets.keep(b"x", Principal("who", ()), clock.now() + timedelta(seconds=20))
    assert await tickets.take(b"x") == Principal("who", ())
    starts = SharedStarts(bus, InMemoryStarts(clock, most=0))
    await starts.add(ExecutionId("orders", "one"), BEGIN)
    assert await starts.find(ExecutionId("orders", "one")) is not None
    await heard.wait()
    assert bus.up


async def test_a_cluster_is_found_by_the_nodes_that_are_left(bus_cluster: BusServer) -> None:
    known = (HOST, bus_cluster.port)
    client = await connected(BusAddress(HOST, free_port()), 5.0, [known])
    try:
        assert other_nodes(client) == [known]
        assert await client.execute_command("GET", "one") is None
    finally:
        await client.aclose()


async def test_a_plain_server_has_no_other_nodes(bus_server: BusServer, replica: OpenBus) -> None:
    assert (await replica(bus_server)).nodes == [(HOST, bus_server.port)]


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        ("WRONGPASS invalid username-password pair", "WRONGPASS"),
        ("NOPERM this user has no permissions", "NOPERM"),
        ("MISCONF Redis is configured to save RDB snapshots", "MISCONF"),
        ("ERR DB index is out of range", "ResponseError"),
        ("ERR unknown command 'SET', with args: 'content'", "ResponseError"),
    ],
)
def test_a_refusal_is_told_by_its_code_and_no_more(answered: str, said: str) -> None:
    error = BaseParser.parse_error(answered)  # type: ignore[no-untyped-call]
    assert reason(error) == said
