"""Reading new history: which pages are asked for, and what is made of the answers."""

import pytest

from handrail.core.errors import InvalidRequest, Throttled, Unavailable
from handrail.core.models import HistoryEvent
from handrail.core.pacing import TokenBucket
from handrail.core.read_queue import ReadQueue, Urgency, Waiter
from handrail.usecases.live.history_reader import (
    MOST_EMPTY,
    MOST_RESTARTS,
    PAGE,
    PAGE_BYTES,
    SMALLEST_PAGE,
    HistoryReader,
    contiguous,
)
from handrail.usecases.live.read_budget import PacedCalls
from tests.core.histories import BEGIN
from tests.fakes import FakeClock, FakeHistories

ARN = "arn:aws:states:eu-west-1:123456789012:execution:orders:one"


def events(first: int, last: int, payload: int = 0) -> list[HistoryEvent]:
    details = {"output": "x" * payload} if payload else {}
    return [
        HistoryEvent(id, id - 1, "PassStateExited", BEGIN, details) for id in range(first, last + 1)
    ]


def flat(runs: list[list[int]]) -> list[int]:
    return [id for run in runs for id in run]


class Setting:
    def __init__(self, count: int = 0, payload: int = 0) -> None:
        self.clock = FakeClock()
        self.histories = FakeHistories()
        self.histories.events[ARN] = events(1, count, payload)
        self.queue = ReadQueue(TokenBucket(rate=100, burst=100))
        self.reader = HistoryReader(PacedCalls(self.queue, self.clock), self.histories, ARN)
        self.began = 0

    def grow(self, count: int) -> None:
        known = len(self.histories.events[ARN])
        self.histories.events[ARN] += events(known + 1, known + count)

    async def new_ids(self, known: int) -> list[list[int]]:
        waiter = Waiter(Urgency.CHANGING, 0.0)
        runs = self.reader.new_events(known, waiter, self._begin)
        return [[event.id for event in run] async for run in runs]

    async def known(self) -> "Setting":
        """After the first read, of which nothing counts."""
        await self.new_ids(0)
        self.histories.reads.clear()
        return self

    def _begin(self) -> None:
        self.began += 1

    @property
    def asked(self) -> list[tuple[int, bool]]:
        """Page size and order of each read."""
        return [(read.limit, read.newest_first) for read in self.histories.reads]

    @property
    def tokens(self) -> list[bool]:
        """Whether each read goes on where another ended."""
        return [read.token is not None for read in self.histories.reads]


async def test_the_first_read_pages_forward_with_the_largest_pages() -> None:
    setting = Setting(2500)
    runs = await setting.new_ids(0)
    assert [len(run) for run in runs] == [1000, 1000, 500]
    assert flat(runs) == list(range(1, 2501))
    assert setting.asked == [(PAGE, False)] * 3


async def test_a_read_begins_once_whatever_the_number_of_its_pages() -> None:
    setting = Setting(2500)
    await setting.new_ids(0)
    assert setting.began == 1


async def test_where_nothing_is_new_one_call_tells() -> None:
    setting = await Setting(2500).known()
    assert await setting.new_ids(2500) == [[]]
    assert setting.asked == [(SMALLEST_PAGE, True)]


async def test_a_later_read_asks_for_the_newest() -> None:
    setting = await Setting(2500).known()
    setting.grow(3)
    assert await setting.new_ids(2500) == [[2501, 2502, 2503]]
    assert setting.asked == [(SMALLEST_PAGE, True)]


async def test_a_later_read_asks_for_four_times_what_came_at_the_latest_pace() -> None:
    setting = await Setting(10).known()
    setting.grow(60)
    await setting.clock.advance(1)
    await setting.new_ids(10)
    await setting.clock.advance(2)
    setting.grow(120)
    assert flat(await setting.new_ids(70)) == list(range(71, 191))
    assert setting.asked == [(SMALLEST_PAGE, True), (4 * 60 * 2, True)]


async def test_what_is_asked_for_shrinks_while_nothing_comes() -> None:
    setting = await Setting(10).known()
    setting.grow(200)
    for _ in range(4):
        await setting.clock.advance(1)
        await setting.new_ids(210)
    setting.histories.reads.clear()
    await setting.clock.advance(1)
    await setting.new_ids(210)
    assert setting.asked == [(SMALLEST_PAGE, True)]


async def test_no_page_is_larger_than_the_largest() -> None:
    setting = await Setting(10).known()
    setting.grow(2000)
    await setting.clock.advance(1)
    await setting.new_ids(10)
    await setting.clock.advance(10)
    setting.histories.reads.clear()
    await setting.new_ids(2010)
    assert setting.asked == [(PAGE, True)]


async def test_a_later_page_holds_about_two_megabytes_of_large_events() -> None:
    setting = await Setting(20, payload=100_000).known()
    await setting.new_ids(20)
    [(limit, _)] = setting.asked
    assert limit * 100_300 == pytest.approx(PAGE_BYTES, rel=0.1)


async def test_events_larger_than_a_page_are_asked_for_one_by_one() -> None:
    setting = await Setting(2, payload=2 * PAGE_BYTES).known()
    await setting.new_ids(2)
    assert setting.asked == [(1, True)]


async def test_a_page_that_ends_right_behind_what_is_known_is_enough() -> None:
    setting = await Setting(100).known()
    setting.grow(SMALLEST_PAGE)
    await setting.new_ids(100)
    assert setting.asked == [(SMALLEST_PAGE, True)]


async def test_a_read_that_falls_short_by_little_goes_on_where_it_ended() -> None:
    setting = await Setting(100).known()
    setting.grow(3 * SMALLEST_PAGE)
    assert flat(await setting.new_ids(100)) == list(range(101, 401))
    assert setting.asked == [(SMALLEST_PAGE, True)] * 3
    assert setting.tokens == [False, True, True]


async def test_a_read_that_falls_short_by_much_begins_again_with_the_largest_pages() -> None:
    setting = await Setting(100).known()
    setting.grow(1900)
    assert await setting.new_ids(100) == [list(range(101, 2001))]
    assert setting.asked == [(SMALLEST_PAGE, True), (PAGE, True), (PAGE, True)]
    assert setting.tokens == [False, False, True]


@pytest.mark.parametrize("known", [0, 1500])
async def test_a_page_without_events_may_have_others_behind_it(known: int) -> None:
    setting = await Setting(1500).known()
    setting.grow(10)
    setting.histories.empty_pages = 3
    assert flat(await setting.new_ids(known)) == list(range(known + 1, 1511))


@pytest.mark.parametrize("known", [0, 1500])
async def test_empty_pages_without_end_are_a_failure_that_may_pass(known: int) -> None:
    setting = await Setting(1510).known()
    setting.histories.empty_pages = 10**6
    with pytest.raises(Unavailable):
        await setting.new_ids(known)
    assert len(setting.asked) == MOST_EMPTY + 1


@pytest.mark.parametrize(("known", "begun"), [(0, 2), (100, 3)])
async def test_a_page_token_that_is_refused_begins_the_read_again(known: int, begun: int) -> None:
    setting = await Setting(100).known()
    setting.grow(2000)
    setting.histories.refused_tokens = 1
    assert flat(await setting.new_ids(known)) == list(range(known + 1, 2101))
    assert setting.tokens.count(False) == begun


@pytest.mark.parametrize("known", [0, 100])
async def test_page_tokens_that_are_always_refused_are_a_failure_that_may_pass(known: int) -> None:
    setting = await Setting(100).known()
    setting.grow(2000)
    setting.histories.refused_tokens = 10**6
    with pytest.raises(Unavailable):
        await setting.new_ids(known)
    assert sum(setting.tokens) == MOST_RESTARTS + 1


async def test_a_read_refused_without_any_token_is_a_failure_that_may_pass() -> None:
    setting = Setting(5)
    setting.histories.fail("read_page", InvalidRequest("no"))
    with pytest.raises(Unavailable):
        await setting.new_ids(0)
    assert len(setting.asked) == 1


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


async def test_every_page_takes_a_turn_and_gives_it_back() -> None:
    setting = Setting(2500)
    await setting.new_ids(0)
    bucket = setting.queue.quota
    assert isinstance(bucket, TokenBucket)
    assert bucket.wait_s(0.0, keep=96) == 0
    assert bucket.wait_s(0.0, keep=97) > 0
    assert setting.queue.in_flight == 0


async def test_a_throttled_answer_is_raised_and_slows_the_budget_down() -> None:
    setting = Setting(3)
    setting.histories.fail("read_page", Throttled("slow down"))
    with pytest.raises(Throttled):
        await setting.new_ids(0)
    assert setting.queue.quota.rate_now == 50


async def test_awss_own_time_of_the_newest_answer_is_kept() -> None:
    setting = Setting(3)
    assert setting.reader.answered_at is None
    setting.histories.clock = setting.clock
    await setting.new_ids(0)
    await setting.clock.advance(7)
    await setting.new_ids(3)
    assert setting.reader.answered_at == setting.clock.now()
    setting.histories.clock = None
    await setting.new_ids(3)
    assert setting.reader.answered_at == setting.clock.now()
