"""Tasks that are settled at a replica which follows what another read: tokens stay off the bus."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId
from handrail.core.pacing import Pace
from handrail.core.protocol.client_messages import Level
from handrail.core.reader_lease import LEASE_S
from handrail.usecases.in_memory import InMemorySettlements
from handrail.usecases.live import Hub, LiveLimits, Subscription
from handrail.usecases.tasks import TaskService
from tests.watch_bus import ReplicaBus, WatchServer

from .live.stage import ID, MIDDLE, Client
from .settling import Setting, yes

TOKEN = str(UUID(int=0x5EC2E7))
"""By its shape it is no token: only the definition says so."""

THIS = ExecutionId.parse(ID)


class SharedSetting(Setting):
    """Replicas over one bus."""

    def __init__(self) -> None:
        super().__init__()
        self.server = WatchServer(self.clock)
        self.buses: list[ReplicaBus] = []

    def replica(self) -> TaskService:
        limits, bus = LiveLimits(Pace(0.25, 10)), self.server.replica()
        source = replace(self.source, bus=bus)
        hub = Hub(source, limits, self.clock, random=lambda: MIDDLE)
        self.hubs.append(hub)
        self.buses.append(bus)
        return TaskService(hub, self.aws, self.catalogue, InMemorySettlements(), self.clock)

    async def watched(self, service: TaskService) -> Subscription:
        subscription = service.hub.subscribe(
            ID, id="s1", after=None, level=Level.EVENTS, wake=lambda: None
        )
        await self.clock.advance(0.2)
        return subscription

    @property
    def on_the_bus(self) -> bytes:
        return b"".join(b"".join(kept.events.values()) for kept in self.server.watches.values())


@pytest.fixture
async def setting() -> AsyncIterator[SharedSetting]:
    setting = SharedSetting()
    yield setting
    await setting.close()


async def test_a_follower_reads_the_token_once(setting: SharedSetting) -> None:
    event_id = setting.wait(token=TOKEN)
    first, second = setting.replica(), setting.replica()
    await setting.watched(first)
    await setting.watched(second)
    before = len(setting.histories.reads)
    settling = asyncio.ensure_future(second.settle(ID, event_id, yes()))
    await setting.clock.advance(0.1)
    assert (await settling).outcome is Outcome.SUCCESS
    by_settling = len(setting.histories.reads) - before
    assert by_settling <= 2, "the token, and what became of it, by whoever reads for all"
    assert TOKEN.encode() not in setting.on_the_bus
    assert setting.server.reader_of(THIS) == setting.buses[0].name


async def test_who_takes_over_learns_the_tokens_before_it_writes(setting: SharedSetting) -> None:
    setting.wait(token=TOKEN)
    first, second = setting.replica(), setting.replica()
    await setting.watched(first)
    follower, client = await setting.watched(second), Client()
    client.take_all(follower)
    setting.buses[0].away = True
    await setting.hubs[1].close()
    await setting.clock.advance(LEASE_S + 0.5)
    assert setting.server.reader_of(THIS) == setting.buses[1].name
    setting.history.main.then("TaskSucceeded", output=f'{{"echo": "{TOKEN}"}}')
    await setting.clock.advance(15.0)
    client.take_all(follower)
    assert client.events == [len(setting.history.events)]
    assert TOKEN not in repr(client.messages)
    assert b"[redacted]" in setting.on_the_bus
    assert TOKEN.encode() not in setting.on_the_bus
