"""Reading new history: which pages are asked for, and what is made of the answers."""

import asyncio

import pytest

from service.core.errors import Throttled
from service.core.models import HistoryEvent
from service.core.pacing import TokenBucket
from service.usecases.live.reader import PAGE, SMALLEST_PAGE, HistoryReader, PacedReads, contiguous
from tests.core.histories import BEGIN
from tests.fakes import FakeClock, FakeHistories, settle

ARN = "arn:aws:states:eu-west-1:123456789012:execution:orders:one"


def events(first: int, last: int) -> list[HistoryEvent]:
    return [
        HistoryEvent(id, id - 1, "PassStateEntered", BEGIN, {}) for id in range(first, last + 1)
    ]


def flat(runs: list[list[int]]) -> list[int]:
    return [id for run in runs for id in run]


class Setting:
    def __init__(self, count: int = 0, bucket: TokenBucket | None = None) -> None:
        self.clock = FakeClock()
        self.histories = FakeHistories()
        self.histories.events[ARN] = events(1, count)
        self.bucket = bucket or TokenBucket(rate=100, burst=100)
        self.reads = PacedReads(self.histories, self.bucket, self.clock)
        self.reader = HistoryReader(self.reads, ARN)

    def grow(self, count: int) -> None:
        known = len(self.histories.events[ARN])
        self.histories.events[ARN] += events(known + 1, known + count)

    async def new_ids(self, known: int) -> list[list[int]]:
        return [[event.id for event in run] async for run in self.reader.new_events(known)]

    @property
    def asked(self) -> list[tuple[int, bool]]:
        """Page size and order of each read."""
        return [(read.limit, read.newest_first) for read in self.histories.reads]


async def test_the_first_read_pages_forward() -> None:
    setting = Setting(2500)
    runs = await setting.new_ids(0)
    assert [len(run) for run in runs] == [1000, 1000, 500]
    assert flat(runs) == list(range(1, 2501))
    assert setting.asked == [(PAGE, False)] * 3


async def test_a_later_read_asks_for_a_few_of_the_newest() -> None:
    setting = Setting(2500)
    setting.grow(3)
    assert await setting.new_ids(2500) == [[2501, 2502, 2503]]
    assert setting.asked == [(SMALLEST_PAGE, True)]


async def test_where_nothing_is_new_one_small_page_tells() -> None:
    setting = Setting(2500)
    assert await setting.new_ids(2500) == [[]]
    assert setting.asked == [(SMALLEST_PAGE, True)]


async def test_where_much_is_new_whole_pages_follow_without_the_small_ones_token() -> None:
    setting = Setting(100)
    setting.grow(1900)
    assert await setting.new_ids(100) == [list(range(101, 2001))]
    assert setting.asked == [(SMALLEST_PAGE, True), (PAGE, True), (PAGE, True)]
    assert [read.token is None for read in setting.histories.reads] == [True, True, False]


async def test_the_page_grows_with_what_came_last_and_shrinks_again() -> None:
    setting = Setting(100)
    setting.grow(60)
    await setting.new_ids(100)
    setting.grow(100)
    await setting.new_ids(160)
    await setting.new_ids(260)
    await setting.new_ids(260)
    assert setting.asked[2:] == [(120, True), (200, True), (SMALLEST_PAGE, True)]


async def test_a_page_that_ends_right_behind_what_is_known_is_enough() -> None:
    setting = Setting(100)
    setting.grow(SMALLEST_PAGE)
    await setting.new_ids(100)
    assert setting.asked == [(SMALLEST_PAGE, True)]


@pytest.mark.parametrize("known", [0, 5, 1200])
async def test_a_server_that_ignores_order_and_page_size_is_understood(known: int) -> None:
    setting = Setting(1200)
    setting.histories.ignores_order = setting.histories.ignores_limit = True
    setting.grow(30)
    assert flat(await setting.new_ids(known)) == list(range(known + 1, 1231))
    assert len(setting.asked) == 1


@pytest.mark.parametrize("known", [0, 2])
async def test_what_lies_behind_a_hole_is_left_for_the_next_read(known: int) -> None:
    setting = Setting(9)
    setting.histories.missing = {5}
    assert flat(await setting.new_ids(known)) == list(range(known + 1, 5))
    setting.histories.missing = set()
    assert flat(await setting.new_ids(4)) == [5, 6, 7, 8, 9]


async def test_a_hole_at_the_end_of_a_page_stops_the_pages_behind_it() -> None:
    setting = Setting(1500)
    setting.histories.missing = {1000}
    assert flat(await setting.new_ids(0)) == list(range(1, 1000))


def test_contiguous_takes_any_order_and_repetition() -> None:
    shuffled = [*reversed(events(1, 6)), *events(3, 4)]
    assert [event.id for event in contiguous(shuffled, 2)] == [3, 4, 5, 6]
    assert contiguous(events(4, 6), 2) == []


async def test_reads_beyond_the_burst_wait_their_turn() -> None:
    setting = Setting(3, TokenBucket(rate=2, burst=1))
    tasks = [asyncio.create_task(setting.new_ids(0)) for _ in range(3)]
    await settle()
    assert len(setting.asked) == 1
    await setting.clock.advance(0.5)
    assert len(setting.asked) == 2
    await setting.clock.advance(0.5)
    assert len(setting.asked) == 3
    await asyncio.gather(*tasks)


async def test_a_throttle_answer_slows_every_read_down() -> None:
    setting = Setting(3, TokenBucket(rate=2, burst=100))
    setting.histories.fail("read_page", Throttled("slow down"))
    with pytest.raises(Throttled):
        await setting.new_ids(0)
    task = asyncio.create_task(setting.new_ids(0))
    await setting.clock.advance(0.9)
    assert len(setting.asked) == 1
    await setting.clock.advance(0.2)
    assert len(setting.asked) == 2
    await task


async def test_any_read_of_the_hub_takes_its_turn() -> None:
    setting = Setting(0, TokenBucket(rate=1, burst=1))

    async def read() -> int:
        return 7

    assert await setting.reads.call(read) == 7
    task = asyncio.create_task(setting.reads.call(read))
    await settle()
    assert not task.done()
    await setting.clock.advance(1)
    assert await task == 7
