"""Hints of changes, at all replicas."""

import asyncio
from collections.abc import Callable

from handrail.bus import Bus
from handrail.bus.announcements import Announcements
from handrail.bus.nudges import TOPIC, SharedNudges
from handrail.core.models import ExecutionId
from tests.bus_server import BusServer

from .conftest import OpenBus

CHILD = ExecutionId("orders", "order-1", "label")


async def listening(bus: Bus) -> tuple[SharedNudges, "asyncio.Queue[ExecutionId]"]:
    announcements, opened = Announcements(bus), asyncio.Event()
    nudges, heard = SharedNudges(announcements), asyncio.Queue[ExecutionId]()
    nudges.listen(heard.put_nowait)
    announcements.on_reopened(opened.set)
    bus.spawn(announcements.hear())
    await opened.wait()
    return nudges, heard


async def test_a_nudge_comes_to_each_replica_once(bus_server: BusServer, replica: OpenBus) -> None:
    here, heard_here = await listening(await replica(bus_server))
    there, heard_there = await listening(await replica(bus_server))
    await here.send(CHILD)
    await here.announcements.tell(TOPIC, b"no execution's id: \xff")
    assert heard_here.get_nowait() == await heard_there.get() == CHILD
    await there.send(ExecutionId("orders", "order-2"))
    assert (await heard_here.get()).name == (await heard_there.get()).name == "order-2"


async def test_without_the_bus_it_comes_to_this_replica_at_once(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    nudges, heard = await listening(await replica(server))
    server.kill()
    await nudges.send(CHILD)
    assert heard.get_nowait() == CHILD
