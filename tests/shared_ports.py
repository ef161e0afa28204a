"""The implementations of the ports to shared state: in one process's memory, and on a bus alone,
whose server lets so much time pass as the clock does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from handrail.auth.tickets import InMemoryTickets
from handrail.bus.link import open_link
from handrail.bus.nudges import SharedNudges
from handrail.bus.shared_memory import (
    STARTS_KEPT_S,
    SharedCheckpoints,
    SharedSettlements,
    SharedStarts,
    SharedWebhookIds,
)
from handrail.bus.ticket_store import SharedTickets
from handrail.clock import SystemClock
from handrail.core.bus_address import BusAddress
from handrail.entrypoints.compose_bus import SharedPorts, in_memory
from handrail.usecases.in_memory import (
    START_BELIEVED_S,
    InMemorySettlements,
    InMemoryStarts,
    InMemoryWebhookIds,
)
from tests.bus_server import BusServer, new_namespace
from tests.environment import settings_of
from tests.fakes import FakeClock


class AgingClock(FakeClock):
    """What the server keeps of one namespace grows older with it."""

    def __init__(self, server: BusServer, namespace: str) -> None:
        super().__init__()
        self._server, self._keys = server, f"handrail:{namespace}:*"

    async def advance(self, seconds: float) -> None:
        await super().advance(seconds)
        with self._server.blocking() as client:
            for key in cast(Any, client.scan_iter(self._keys)):
                if client.type(key) == b"hash":
                    client.hincrbyfloat(key, "at", -seconds)
                elif cast(int, left_ms := client.pttl(key)) > 0:
                    client.pexpire(key, cast(int, left_ms) - int(seconds * 1000))


@dataclass(frozen=True, slots=True)
class Shared:
    """What all processes have in common, and the time there."""

    ports: SharedPorts
    clock: FakeClock
    starts_believed_s: float


@pytest.fixture(params=["memory", "bus"])
async def shared(request: pytest.FixtureRequest) -> AsyncIterator["Shared"]:
    """On the bus a process's own memory keeps nothing."""
    settings = settings_of()
    if request.param == "memory":
        clock = FakeClock()
        yield Shared(in_memory(settings, clock), clock, START_BELIEVED_S)
        return
    server: BusServer = request.getfixturevalue("bus_server")
    namespace = new_namespace()
    aging, address = AgingClock(server, namespace), BusAddress.parse(server.url)
    async with open_link(address, SystemClock(), namespace=namespace, answer_s=5.0) as link:
        bus = link.bus
        ports = SharedPorts(
            recent=SharedStarts(bus, InMemoryStarts(aging, most=0)),
            settlements=SharedSettlements(bus, InMemorySettlements(most=0)),
            webhook_ids=SharedWebhookIds(bus, InMemoryWebhookIds(aging, most=0)),
            tickets=SharedTickets(bus, aging, InMemoryTickets(aging, most=0), 1000),
            nudges=SharedNudges(link.announcements),
            shares=link.fleet,
            quota=link.quota,
            checkpoints=lambda stream: SharedCheckpoints(bus, stream),
            link=link,
        )
        await bus.command("SET", bus.key("tickets", "since"), 0)  # it wasn't emptied lately
        yield Shared(ports, aging, STARTS_KEPT_S)
