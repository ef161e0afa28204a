"""What replicas tell each other."""

import asyncio
from collections.abc import Callable

import pytest

from handrail.bus import Bus
from handrail.bus.announcements import Announcements
from tests.bus_server import BusServer

from .conftest import OpenBus


class Hearing:
    """All that one replica heard, and how often it listened anew."""

    def __init__(self, bus: Bus) -> None:
        self.told = asyncio.Queue[tuple[str, bytes]]()
        self.reopened = asyncio.Queue[None]()
        self.announcements = Announcements(bus)
        self.announcements.listen("moved", lambda who, what: self.told.put_nowait((who, what)))
        self.announcements.on_reopened(lambda: self.reopened.put_nowait(None))
        bus.spawn(self.announcements.hear())


@pytest.mark.parametrize("kind", ["bus_server", "bus_cluster"])
async def test_all_replicas_hear_what_one_tells(
    kind: str, request: pytest.FixtureRequest, replica: OpenBus
) -> None:
    server: BusServer = request.getfixturevalue(kind)
    buses = [await replica(server) for _ in range(2)]
    hearing = [Hearing(bus) for bus in buses]
    for each in hearing:
        await each.reopened.get()
    await hearing[0].announcements.tell("other", b"nobody listens to it")
    hearing[0].announcements.tell_later("moved", b"a\nb")
    assert [await each.told.get() for each in hearing] == [(buses[0].replica, b"a\nb")] * 2


async def test_a_lost_connection_is_opened_anew_and_said_to_be(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    hearing = Hearing(await replica(server))
    await hearing.reopened.get()
    with server.blocking() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await hearing.reopened.get()
    await hearing.announcements.tell("moved", b"after it")
    assert (await hearing.told.get())[1] == b"after it"
