"""One quota of calls for all replicas: with the bus, without it, and after it was emptied."""

import asyncio
from collections.abc import Callable

import pytest

from handrail.bus.call_quota import SharedQuota
from handrail.bus.connection import Bus
from handrail.core.fleet import Fleet, FleetReport
from handrail.core.fleet_quota import FleetQuota
from tests.bus_server import BusServer
from tests.fakes import FakeClock, run_until_idle

from .conftest import OpenBus

NOTHING = FleetReport(held={}, used={})
SLOWLY = 0.01  # calls a second: none come back in a test
NewServer = Callable[..., BusServer]


def quota_of(bus: Bus, replicas: int = 3, *, burst: float = 30.0) -> SharedQuota:
    fleet = Fleet(bus.replica, answers=lambda: bus.up, now=lambda: 0.0)
    for name in (bus.replica, *map(str, range(replicas - 1))):
        fleet.heard(name, NOTHING)
    return SharedQuota(bus, fleet, "GetExecutionHistory", FleetQuota(SLOWLY, burst))


async def granted(quota: SharedQuota, claims: int, *, keep: float = 0.0) -> int:
    waits_s = await asyncio.gather(*(quota.claim(0.0, keep=keep) for _ in range(claims)))
    return waits_s.count(0)


@pytest.mark.parametrize("kind", ["bus_server", "bus_cluster"])
async def test_three_replicas_make_no_more_calls_than_one_may(
    kind: str, request: pytest.FixtureRequest, replica: OpenBus
) -> None:
    server: BusServer = request.getfixturevalue(kind)
    quotas = [quota_of(await replica(server)) for _ in range(3)]
    assert await granted(quotas[0], 4) == 4
    assert sum(await asyncio.gather(*(granted(quota, 20) for quota in quotas))) == 26
    assert all([await quota.claim(0.0) > 90 for quota in quotas])


async def test_another_operation_has_its_own(bus_server: BusServer, replica: OpenBus) -> None:
    bus = await replica(bus_server)
    quota, other = quota_of(bus, burst=1.0), quota_of(bus, burst=1.0)
    other = SharedQuota(bus, other.fleet, "ListExecutions", other.total)
    assert [await granted(each, 2) for each in (quota, other)] == [1, 1]


async def test_it_promises_its_part_alone(bus_server: BusServer, replica: OpenBus) -> None:
    quota = quota_of(await replica(bus_server))
    assert quota.rate == quota.rate_now == SLOWLY / 3
    assert quota.tokens(0.0) == 10


async def test_a_throttled_answer_slows_all_down_and_an_older_one_says_nothing_new(
    bus_server: BusServer, replica: OpenBus
) -> None:
    here, there = [quota_of(await replica(bus_server)) for _ in range(2)]
    assert await granted(there, 1) == 1
    here.throttled(10.0, asked_at=9.0)
    while await there.claim(10.0) <= 1 / SLOWLY:  # until it was told
        await run_until_idle()
    assert there.rate_now == pytest.approx(there.rate / 2, rel=0.1)
    there.throttled(10.0, asked_at=5.0)
    await here.claim(10.0)
    assert here.rate_now == pytest.approx(here.rate / 2, rel=0.1)


async def test_a_bus_that_is_killed_leaves_each_replica_its_part(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    quotas = [quota_of(await replica(server, clock=FakeClock())) for _ in range(3)]
    assert [await granted(quota, 1) for quota in quotas] == [1, 1, 1]
    server.kill()
    assert [await granted(quota, 20) for quota in quotas] == [9, 9, 9]
    server.start()
    for quota in quotas:
        while not await quota.bus.beat():
            await run_until_idle()
    assert sum([await granted(quota, 20) for quota in quotas]) <= 1  # not told of the last claim


async def test_what_was_called_before_a_bus_was_ever_there_counts(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    server.kill()
    quotas = [quota_of(await replica(server, clock=FakeClock())) for _ in range(3)]
    assert [await granted(quota, 20) for quota in quotas] == [10, 10, 10]
    server.start()
    for quota in quotas:
        while not await quota.bus.beat():
            await run_until_idle()
    await asyncio.gather(*(granted(quota, 1) for quota in quotas))
    assert sum([await granted(quota, 20) for quota in quotas]) == 0


async def test_a_bus_that_was_emptied_is_told_what_is_left(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    quota = quota_of(await replica(server), replicas=1)
    assert await granted(quota, 29) == 29
    with server.blocking() as client:
        client.flushall()
    assert await granted(quota, 20) == 1


async def test_whoever_is_cancelled_owes_what_it_was_to_report(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    quota = quota_of(await replica(server, clock=FakeClock()))
    quota.total.owe(3)
    server.pause()
    claiming = asyncio.ensure_future(quota.claim(0.0))
    await asyncio.sleep(0)
    claiming.cancel()
    await asyncio.gather(claiming, return_exceptions=True)
    assert quota.total.take_debt(0.0) == 3
