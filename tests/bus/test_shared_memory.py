"""What one replica did, known to another; and known to itself without the bus. What each port does
is held by `tests/usecases/test_in_memory.py`."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.bus import Bus
from handrail.bus.shared_memory import (
    SharedCheckpoints,
    SharedEndClaims,
    SharedSettlements,
    SharedStarts,
    SharedWebhookIds,
)
from handrail.core.history.outcomes import Outcome, Settlement, TaskAnswer, TaskKey
from handrail.core.models import ExecutionId
from handrail.usecases.in_memory import InMemorySettlements, InMemoryStarts, InMemoryWebhookIds
from tests.bus_server import BusServer
from tests.fakes import BEGIN, FakeClock

from .conftest import OpenBus

ID = ExecutionId("orders", "order-1")
TASK = TaskKey(ID, 1000, 7)
TAKEN = Settlement(7, "Ask", Outcome.SUCCESS, BEGIN, b"\xff", 9, "who")
Kept = Callable[[BusServer], dict[str, bytes]]


def starts(bus: Bus) -> SharedStarts:
    return SharedStarts(bus, InMemoryStarts(FakeClock()))


def settlements(bus: Bus) -> SharedSettlements:
    return SharedSettlements(bus, InMemorySettlements())


def webhook_ids(bus: Bus) -> SharedWebhookIds:
    return SharedWebhookIds(bus, InMemoryWebhookIds(FakeClock()))


@pytest.fixture
def kept(namespace: str) -> Kept:
    def found(server: BusServer) -> dict[str, bytes]:
        """All keys of this test, and what is there."""
        with server.blocking() as client:
            keys = sorted(client.scan_iter(f"handrail:{namespace}:*"))
            return {key.decode(): client.get(key) for key in keys}

    return found


async def test_a_start_here_is_known_there(bus_server: BusServer, replica: OpenBus) -> None:
    here, there = [starts(await replica(bus_server)) for _ in range(2)]
    await here.add(ID, BEGIN, fingerprint=b"\xff")
    assert (found := await there.find(ID)) is not None
    assert (found.started_at, found.fingerprint) == (BEGIN, b"\xff")
    assert found.age_s < 60
    assert (before := await there.add(ID, BEGIN + timedelta(seconds=1))) is not None
    assert before.started_at == BEGIN
    assert (newest := await here.find(ID)) is not None
    assert newest.started_at > BEGIN, "though its own memory has the older one"
    assert newest.fingerprint is None


async def test_a_settlement_here_is_known_there_but_for_the_answer(
    bus_server: BusServer, replica: OpenBus, kept: Kept
) -> None:
    here, there = [settlements(await replica(bus_server)) for _ in range(2)]
    answer = TaskAnswer(Outcome.SUCCESS, output='"the-content"')
    assert await here.add_if_absent(TASK, replace(TAKEN, answer=answer)) is None
    other = replace(TAKEN, outcome=Outcome.FAILURE)
    assert await there.add_if_absent(TASK, other) == TAKEN
    assert await there.find(TASK) == TAKEN
    assert b"the-content" not in b"".join(kept(bus_server).values())


async def test_a_webhook_s_id_is_bound_at_all_replicas_and_neither_is_told(
    bus_server: BusServer, replica: OpenBus, kept: Kept
) -> None:
    here, there = [webhook_ids(await replica(bus_server)) for _ in range(2)]
    assert await here.bind("msg_1", "/callbacks/s1gnature")
    assert not await there.bind("msg_1", "/another")
    assert await there.bind("msg_2", "/another")
    told = str(kept(bus_server))
    assert "msg_1" not in told
    assert "s1gnature" not in told


async def test_an_end_is_claimed_by_one_replica(bus_server: BusServer, replica: OpenBus) -> None:
    replicas = [SharedEndClaims(await replica(bus_server)) for _ in range(3)]
    asked = [claims.claim(f"{ID}:{n}", "counted") for n in range(20) for claims in replicas]
    first = await asyncio.gather(*asked)
    assert [sum(first[n : n + 3]) for n in range(0, 60, 3)] == [1] * 20
    assert await replicas[0].claim(f"{ID}:1", "exported")


async def test_a_shard_read_here_is_read_on_there(bus_server: BusServer, replica: OpenBus) -> None:
    here, there = [SharedCheckpoints(await replica(bus_server), "events") for _ in range(2)]
    await here.put("shard-1", "17")
    assert (found := await there.find("shard-1")) is not None
    assert found.sequence_number == "17"
    assert found.age_s < 60
    assert await SharedCheckpoints(there.bus, "another").find("shard-1") is None


async def test_without_the_bus_each_replica_knows_what_it_did_itself(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    bus = await replica(server, clock=FakeClock())
    server.kill()
    started, settled, bound = starts(bus), settlements(bus), webhook_ids(bus)
    assert await started.add(ID, BEGIN) is None
    assert (found := await started.find(ID)) is not None
    assert found.started_at == BEGIN
    assert await settled.add_if_absent(TASK, TAKEN) is None
    assert await settled.add_if_absent(TASK, TAKEN) == await settled.find(TASK) == TAKEN
    assert await bound.bind("msg_1", "/one")
    assert not await bound.bind("msg_1", "/two")
    checkpoints = SharedCheckpoints(bus, "events")
    await checkpoints.put("shard-1", "17")
    assert await checkpoints.find("shard-1") is None
    assert not bus.up


async def test_what_it_did_itself_is_known_after_the_bus_was_emptied(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    bus = await replica(server)
    started, settled, bound = starts(bus), settlements(bus), webhook_ids(bus)
    await started.add(ID, BEGIN)
    await settled.add_if_absent(TASK, TAKEN)
    await bound.bind("msg_1", "/one")
    with server.blocking() as client:
        client.flushall()
    assert await started.find(ID) is not None
    assert await settled.add_if_absent(TASK, TAKEN) == await settled.find(TASK) == TAKEN
    assert not await bound.bind("msg_1", "/two")


async def test_what_another_version_wrote_otherwise_counts_as_forgotten(
    bus_server: BusServer, replica: OpenBus
) -> None:
    bus = await replica(bus_server)
    for key in (bus.key(str(ID), "start"), bus.key(str(ID), "settled", "1000", "7")):
        await bus.command("SET", key, '{"new": 1}')
    assert await starts(bus).find(ID) is None
    assert await starts(bus).add(ID, BEGIN) is None
    assert await settlements(bus).find(TASK) is None
    await bus.command("SET", bus.key(str(ID), "start"), '{"started_at":"x","fingerprint":"x"}')
    assert await starts(bus).find(ID) is None
