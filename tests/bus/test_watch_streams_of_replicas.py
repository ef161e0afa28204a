"""Hubs of several replicas over one real server, which is emptied, stopped and looked through."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import redis

from handrail.bus.watch_streams import MOVED, BusWatches
from handrail.clock import SystemClock
from handrail.core.models import ExecutionId
from handrail.core.pacing import Pace
from handrail.usecases.live import Hub, Level, LiveLimits, Subscription
from tests.bus_server import BusServer
from tests.usecases.live.stage import ID, Client, Stage, truth
from tests.usecases.settling import DEFINITION

from .conftest import OpenLink

THIS = ExecutionId.parse(ID)
TOKEN = str(UUID(int=0x5EC2E7))
"""By its shape it is no token: only the definition says so."""


class Scene:
    """One execution on a fake AWS, and replicas in real time."""

    def __init__(self, server: BusServer, linked: OpenLink) -> None:
        self.server, self._linked = server, linked
        self.stage, self.hubs = Stage(), list[Hub]()
        self.stage.histories.clock = None
        self.stage.machines.definitions["orders"] = json.dumps(DEFINITION)
        self.history = self.stage.execution()
        self.moved = asyncio.Event()

    async def replica(self) -> Hub:
        link = await self._linked(self.server)
        link.announcements.listen(MOVED, lambda _, __: self.moved.set())
        source = replace(self.stage.source, bus=BusWatches(link.announcements))
        self.hubs.append(Hub(source, LiveLimits(Pace(0.02, 0.1)), SystemClock()))
        return self.hubs[-1]

    async def shown(self, hub: Hub) -> Subscription:
        """To somebody who looks at it: all that AWS knows."""
        changed = asyncio.Event()
        subscription = hub.subscribe(ID, id="s1", after=None, level=Level.STATES, wake=changed.set)
        async with hub.watching(ID, fresh=False, lagging=True) as watcher:
            await hub.wait_until(
                watcher, lambda feed: feed.position == len(self.history.events), timeout_s=20.0
            )
        client = Client()
        client.take_all(subscription)
        client.execution.pop("stale_after_s", None)
        assert client.holds["states"] == truth(self.history.events)["states"]
        return subscription

    def kept(self) -> dict[bytes, bytes]:
        """Every key of the server with all that it holds."""
        with self.server.blocking() as client:
            return {
                key: client.dump(key) + repr(self._read(client, key)).encode()
                for key in client.scan_iter()
            }

    def _read(self, client: redis.Redis, key: bytes) -> object:
        reads: dict[Any, Callable[[bytes], Any]] = {
            b"stream": client.xrange,
            b"hash": client.hgetall,
            b"string": client.get,
        }
        read = reads.get(client.type(key))
        return read(key) if read is not None else None

    async def kept_up_to(self, last: int) -> None:
        """Until the bus has this event."""
        wanted = f"b'{last}-0'".encode()
        async with asyncio.timeout(20.0):
            while True:
                self.moved.clear()
                if any(wanted in value for value in self.kept().values()):
                    return
                await self.moved.wait()


@pytest.fixture
async def scene(new_bus_server: Callable[..., BusServer], linked: OpenLink) -> AsyncIterator[Scene]:
    scene = Scene(new_bus_server(), linked)
    yield scene
    for hub in scene.hubs:
        await hub.close()
    await scene.stage.hub.close()


async def test_no_token_is_in_any_key(scene: Scene) -> None:
    track = scene.history.main.enter("Task", "Ask")
    parameters = json.dumps({"MessageBody": {"token": TOKEN}})
    track.then(
        "TaskScheduled",
        resourceType="sqs",
        resource="sendMessage.waitForTaskToken",
        parameters=parameters,
    ).then("TaskStarted")
    first, second = await scene.replica(), await scene.replica()
    await scene.shown(first)
    await scene.shown(second)
    track.then("TaskSucceeded", output=json.dumps({"echo": TOKEN})).exit("Task", "Ask")
    for hub in scene.hubs:
        await hub.nudge(THIS)
        await scene.shown(hub)
    await scene.kept_up_to(len(scene.history.events))
    kept = b"".join(b"".join(both) for both in scene.kept().items())
    assert b"[redacted]" in kept
    assert TOKEN.encode() not in kept


async def test_an_emptied_server_is_filled_again(scene: Scene) -> None:
    for _ in range(3):
        scene.history.main.task("Charge")
    await scene.shown(await scene.replica())
    await scene.kept_up_to(len(scene.history.events))
    with scene.server.blocking() as client:
        client.flushall()
    await scene.kept_up_to(1)
    await scene.kept_up_to(len(scene.history.events))
    newcomer = await scene.replica()
    await scene.shown(newcomer)


async def test_a_stopped_server_stops_nobody(scene: Scene) -> None:
    first, second = await scene.replica(), await scene.replica()
    for hub in (first, second):
        await scene.shown(hub)
    scene.server.pause()
    try:
        scene.history.main.task("Charge")
        for hub in (first, second):
            await scene.shown(hub)
    finally:
        scene.server.resume()
    scene.history.main.task("Pack")
    for hub in (first, second):
        await scene.shown(hub)
    await scene.kept_up_to(len(scene.history.events))
