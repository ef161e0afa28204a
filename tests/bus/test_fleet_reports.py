"""Replicas that report to each other."""

from handrail.bus.fleet_reports import TOPIC
from tests.bus_server import BusServer
from tests.web.served import eventually

from .conftest import OpenLink


async def test_replicas_count_each_other_and_what_principals_hold(
    bus_server: BusServer, linked: OpenLink
) -> None:
    here = await linked(bus_server)
    assert here.up
    assert here.fleet.replicas == 1
    shares = here.fleet.held("sockets", 1)
    shares.take("who")
    there = await linked(bus_server)
    other = there.fleet.held("sockets", 1)
    await eventually(lambda: there.fleet.replicas == here.fleet.replicas == 2)
    await eventually(lambda: other.full("who"))
    assert not other.full("another")


async def test_a_report_that_cant_be_read_is_passed_over(
    bus_server: BusServer, linked: OpenLink
) -> None:
    here = await linked(bus_server)
    await here.announcements.tell(TOPIC, b'{"held": 1}')
    await eventually(lambda: here.fleet.replicas == 1)
