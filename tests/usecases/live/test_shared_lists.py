"""Lists that replicas read once for all, whatever becomes of who reads them or of the bus."""

import asyncio

import pytest

from handrail.core.errors import Throttled
from handrail.core.models import Execution, ExecutionStatus, Page
from handrail.usecases.live.shared_lists import PATIENCE_S, ListReads
from tests.fakes import FakeClock, machine_arn
from tests.watch_bus import KeptLists

from .fleet import Fleet

ORDERS = machine_arn("orders")


class Lister:
    """One replica."""

    def __init__(self, lists: KeptLists | None, clock: FakeClock) -> None:
        self.reads, self.listed = ListReads(lists, clock), 0
        self.answer = asyncio.Event()
        self.answer.set()
        self.error: Exception | None = None

    async def read(self) -> Page[Execution]:
        self.listed += 1
        await self.answer.wait()
        if self.error is not None:
            raise self.error
        return Page((), f"after {self.listed}")

    async def page(self) -> Page[Execution]:
        return await self.reads.page(self.read, ORDERS, token=None, young_s=0.4)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def lists(clock: FakeClock) -> KeptLists:
    return KeptLists(clock)


async def test_alone_it_is_read_each_time(clock: FakeClock) -> None:
    alone = Lister(None, clock)
    assert [(await alone.page()).next_token for _ in range(2)] == ["after 1", "after 2"]


async def test_another_uses_it_while_it_is_young(clock: FakeClock, lists: KeptLists) -> None:
    first, second = Lister(lists, clock), Lister(lists, clock)
    page = await first.page()
    await clock.advance(0.4)
    assert await second.page() == page
    assert second.listed == 0
    await clock.advance(0.1)
    await second.page()
    assert second.listed == 1


async def test_who_comes_while_it_is_read_waits_for_it(clock: FakeClock, lists: KeptLists) -> None:
    first, second = Lister(lists, clock), Lister(lists, clock)
    first.answer.clear()
    both = asyncio.gather(first.page(), second.page())
    await clock.advance(0.3)
    first.answer.set()
    await clock.advance(0.2)
    assert both.done()
    assert (first.listed, second.listed) == (1, 0)


async def test_nobody_waits_long_for_who_doesnt_read(clock: FakeClock, lists: KeptLists) -> None:
    first, second = Lister(lists, clock), Lister(lists, clock)
    first.error = Throttled("Slow down.")
    with pytest.raises(Throttled):
        await first.page()
    waiting = asyncio.ensure_future(second.page())
    await clock.advance(PATIENCE_S + 0.1)
    assert waiting.done()
    assert second.listed == 1


async def test_without_the_bus_each_reads_for_itself(clock: FakeClock, lists: KeptLists) -> None:
    lists.away = True
    for each in (Lister(lists, clock), Lister(lists, clock)):
        assert (await each.page()).next_token == "after 1"


async def test_three_replicas_list_as_often_as_one_and_all_tell_of_ends() -> None:
    counts = []
    for replicas in (1, 3):
        fleet, ids = Fleet(), [f"orders:{number}" for number in range(6)]
        for id in ids:
            fleet.stage.execution(id)
        followers = []
        for _ in range(replicas):
            replica = fleet.replica()
            followers.append([await replica.subscribed(id) for id in ids])
        await fleet.clock.advance(10.0)
        fleet.stage.executions.end(ids[0], ExecutionStatus.ABORTED)
        await fleet.clock.advance(6.0)
        for first, *others in followers:
            assert first.holds["execution"]["status"] == "ABORTED"
            assert all(other.holds["execution"]["status"] == "RUNNING" for other in others)
        counts.append(fleet.stage.executions.count("list_page"))
        await fleet.close()
    assert 3 <= counts[1] <= counts[0] + 1
