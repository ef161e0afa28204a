"""One replica's link to the others, from its start to its end."""

from handrail.bus.link import open_link
from handrail.clock import SystemClock
from handrail.core.bus_address import BusAddress
from tests.bus_server import HOST, BusServer
from tests.server.free_port import free_port
from tests.web.served import eventually

from .conftest import OpenLink


async def test_a_replica_that_ends_is_counted_no_more_at_once(
    bus_server: BusServer, linked: OpenLink, namespace: str
) -> None:
    here = await linked(bus_server)
    address = BusAddress.parse(bus_server.url)
    async with open_link(address, SystemClock(), namespace=namespace) as link:
        await eventually(lambda: here.fleet.replicas == link.fleet.replicas == 2)
        assert link.quota("ListExecutions", 4.0, 8.0).rate == 2.0
    await eventually(lambda: here.fleet.replicas == 1)


async def test_it_opens_and_closes_without_a_bus() -> None:
    address = BusAddress(HOST, free_port())
    async with open_link(address, SystemClock(), namespace="nowhere") as link:
        assert not link.up
        assert await link.quota("ListExecutions", 3.0, 9.0).claim(0.0) == 0
