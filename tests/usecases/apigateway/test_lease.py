"""One teller at a time, whatever becomes of the one before."""

import asyncio
from datetime import datetime

from handrail.core.errors import Unavailable
from handrail.usecases.apigateway.lease import Lease
from tests.fakes import FakeClock
from tests.gateway_fakes import FakeWatches

ID = "orders:one"
LEASE_S = 10


class Troubled(FakeWatches):
    """Extending fails, or waits for `gate`."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.failures = 0
        self.gate: asyncio.Event | None = None

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise Unavailable("gone")
        return await super().extend(execution, owner=owner, until=until)


async def taken(watches: FakeWatches, clock: FakeClock) -> Lease:
    await watches.watch(ID)
    lease = Lease(watches, clock, ID, owner="one", lease_s=LEASE_S)
    assert await lease.take()
    return lease


async def test_it_is_over_for_its_teller_before_another_can_have_it() -> None:
    clock = FakeClock()
    watches = FakeWatches(clock)
    lease = await taken(watches, clock)
    await clock.advance(7.9)
    assert not lease.lost
    await clock.advance(0.1)
    assert lease.lost
    assert not await Lease(watches, clock, ID, owner="two", lease_s=LEASE_S).take()
    await clock.advance(2)
    assert await Lease(watches, clock, ID, owner="two", lease_s=LEASE_S).take()


async def test_one_extension_that_fails_is_made_good_by_the_next() -> None:
    clock = FakeClock()
    watches = Troubled(clock)
    lease = await taken(watches, clock)
    watches.failures = 1
    async with lease.kept():
        await clock.advance(60)
        assert not lease.lost


async def test_a_table_that_doesnt_answer_ends_it_in_time() -> None:
    clock = FakeClock()
    watches = Troubled(clock)
    lease = await taken(watches, clock)
    watches.gate = asyncio.Event()
    async with lease.kept():
        await clock.advance(7.9)
        assert not lease.over.is_set()
        await clock.advance(0.2)
        assert lease.over.is_set()


async def test_what_is_over_stays_over() -> None:
    clock = FakeClock()
    watches = Troubled(clock)
    lease = await taken(watches, clock)
    watches.gate = asyncio.Event()
    async with lease.kept():
        await clock.advance(9)
        watches.gate.set()
        await clock.advance(9)
        assert lease.lost
