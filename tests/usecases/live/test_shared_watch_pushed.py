"""Replicas that are pushed to and share a bus: both bring the same events."""

import json
from collections.abc import AsyncIterator, Iterable
from uuid import UUID

import pytest

from handrail.core.models import HistoryEvent
from handrail.core.reader_lease import LEASE_S
from tests.fakes import run_until_idle
from tests.usecases.settling import DEFINITION

from .fleet import THIS, Fleet, Replica
from .pushing import pushed, without_data
from .stage import truth

TOKEN = str(UUID(int=0x5EC2E7))


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet()
    yield fleet
    await fleet.close()


async def reached(fleet: Fleet) -> Replica:
    """One more replica, to which pushes come."""
    replica = fleet.replica()
    replica.hub.push_state(True, 0.0)
    await replica.hub.account()
    return replica


async def push(replicas: Iterable[Replica], events: Iterable[HistoryEvent]) -> None:
    for event in events:
        for replica in replicas:
            replica.hub.pushed(pushed(event))
    await run_until_idle()


async def test_what_is_pushed_to_the_reader_is_there_for_who_comes(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    first = await reached(fleet)
    follower = await first.subscribed()
    known = len(history.events)
    for _ in range(3):
        history.main.task("Charge")
    await push([first], history.events[known:])
    await fleet.clock.advance(0.2)
    with fleet.no_reads():
        newcomer = await (await reached(fleet)).subscribed()
        assert newcomer.holds == follower.holds == truth(history.events)


async def test_pushes_to_all_cost_no_reads(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    replicas = [await reached(fleet) for _ in range(3)]
    followers = [await replica.subscribed() for replica in replicas]
    await fleet.clock.advance(1.0)
    known = len(history.events)
    history.main.task("Charge")
    await push(replicas, history.events[known:])
    with fleet.no_reads():
        for _ in range(20):
            known = len(history.events)
            history.main.task("Charge")
            await push(replicas, history.events[known:])
            await fleet.clock.advance(1.0)
        for follower in followers:
            assert follower.holds == truth(history.events)
    assert sorted(fleet.server.watches[THIS].events) == [event.id for event in history.events]


async def test_what_was_pushed_without_data_isnt_written_before_it_is_read(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    first = await reached(fleet)
    await first.subscribed()
    known = len(history.events)
    history.main.enter("Task", "Charge").schedule(parameters='{"card": 7}')
    for event in history.events[known:]:
        first.hub.pushed(without_data(event))
    await fleet.clock.advance(30.0)
    kept = b"".join(fleet.server.watches[THIS].events.values())
    ids = sorted(fleet.server.watches[THIS].events)
    assert ids == list(range(1, len(ids) + 1))
    assert (b"TaskScheduled" in kept) == (b"card" in kept)


async def test_a_follower_that_knows_no_tokens_folds_nothing_raw(fleet: Fleet) -> None:
    fleet.stage.machines.definitions["orders"] = json.dumps(DEFINITION)
    history = fleet.stage.execution()
    track = history.main.enter("Task", "Ask")
    parameters = json.dumps({"MessageBody": {"token": TOKEN}})
    resource = "sendMessage.waitForTaskToken"
    track.then("TaskScheduled", resourceType="sqs", resource=resource, parameters=parameters)
    first, second = await reached(fleet), await reached(fleet)
    await first.subscribed()
    follower = await second.subscribed()
    await fleet.clock.advance(0.2)
    follower.client.take_all(follower.subscription)
    known = len(history.events)
    track.then("TaskStarted").then("TaskSucceeded", output=json.dumps({"echo": TOKEN}))
    await push([second], history.events[known:])
    await first.hub.nudge(THIS)
    await fleet.clock.advance(LEASE_S)
    follower.client.take_all(follower.subscription)
    assert follower.client.events[-1] == len(history.events)
    assert second.hub._context.ahead.bytes == 0, "what came over the bus isn't kept besides"
    assert "[redacted]" in repr(follower.client.messages)
    assert TOKEN not in repr(follower.client.messages)
    assert TOKEN.encode() not in b"".join(fleet.server.watches[THIS].events.values())
