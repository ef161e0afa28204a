"""What a server tells of itself; nothing is written to it."""

import socket
import ssl

from handrail.bus.server_facts import failure_of, find_bus
from handrail.core.bus_address import BusAddress
from tests.bus_server import BusServer

from .conftest import PATIENCE_S


async def test_a_server_tells_its_version_and_policy(bus_server: BusServer) -> None:
    facts = await find_bus(BusAddress.parse(bus_server.url), PATIENCE_S)

    assert facts.failure is None
    assert facts.version is not None
    assert facts.eviction == "noeviction"
    assert facts.cluster is False
    assert not facts.read_only


async def test_a_port_where_nothing_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = BusAddress.parse(f"redis://user:secret@127.0.0.1:{held.getsockname()[1]}")

        facts = await find_bus(address, PATIENCE_S)

    assert facts.failure == "closed"
    assert "secret" not in repr(facts)


def test_a_failure_is_told_by_what_stands_behind_it() -> None:
    for cause, named in ((socket.gaierror(), "unknown name"), (ssl.SSLError(), "tls")):
        error = ConnectionError("Error connecting")
        error.__cause__ = cause
        assert failure_of(error) == named
    assert failure_of(TimeoutError()) == "TimeoutError"


async def test_a_password_that_isn_t_asked_for(bus_server: BusServer) -> None:
    url = bus_server.url.replace("redis://", "redis://nobody:wrong@")

    facts = await find_bus(BusAddress.parse(url), PATIENCE_S)

    assert facts.failure in {"WRONGPASS", "AuthenticationError"}


async def test_a_server_that_is_no_cluster_though_it_is_said_to_be(bus_server: BusServer) -> None:
    url = bus_server.url.replace("redis://", "redis+cluster://")

    facts = await find_bus(BusAddress.parse(url), PATIENCE_S)

    assert facts.failure == "no cluster"


async def test_a_cluster_is_one(bus_cluster: BusServer) -> None:
    facts = await find_bus(BusAddress.parse(bus_cluster.url), PATIENCE_S)

    assert (facts.failure, facts.cluster) == (None, True)
