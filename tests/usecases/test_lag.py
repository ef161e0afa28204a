"""What counts as behind, how long it is waited for, and what this process did itself."""

import asyncio
from datetime import timedelta

import pytest

from service.core.models import Cursor, Execution, ExecutionId, ExecutionStatus, Page, to_ms
from service.usecases.lag import (
    REQUEST_S,
    STREAM_S,
    YOUNG_S,
    OwnWrite,
    OwnWrites,
    behind,
    looked_for,
    looks_s,
    vouches,
)
from tests.fakes import ACCOUNT, BEGIN, FakeClock

EPOCH = to_ms(BEGIN)
RUNNING, FAILED, ABORTED = (ExecutionStatus(s) for s in ("RUNNING", "FAILED", "ABORTED"))


def execution(
    name: str = "one",
    status: ExecutionStatus = RUNNING,
    *,
    redrives: int = 0,
    started_s: float = 0.0,
) -> Execution:
    id = ExecutionId("orders", name)
    at = BEGIN + timedelta(seconds=started_s)
    return Execution(id, ACCOUNT.execution_arn(id), status, at, redrive_count=redrives)


def listed(
    own: OwnWrites,
    *rows: Execution,
    status: ExecutionStatus | None = None,
    first: bool = True,
    more: bool = False,
) -> list[tuple[str, str, int]]:
    page = own.shown(Page(rows, "more" if more else None), "orders", status, first=first)
    return [(row.id.name, row.status.value, row.redrive_count) for row in page.items]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def own(clock: FakeClock) -> OwnWrites:
    return OwnWrites(clock)


@pytest.mark.parametrize(
    ("cursor", "is_behind"),
    [
        (None, False),
        (Cursor(EPOCH, 5), False),
        (Cursor(EPOCH, 6), True),
        (Cursor(EPOCH - 3_600_000, 6), False),
    ],
)
def test_who_has_seen_more_of_this_execution_is_ahead(
    cursor: Cursor | None, is_behind: bool
) -> None:
    assert behind(EPOCH, 5, cursor) is is_behind


async def test_a_young_cursor_vouches_for_its_execution(clock: FakeClock) -> None:
    assert vouches(Cursor(EPOCH, 0), clock)
    assert not vouches(None, clock)
    for off_s in (-300, 300):  # AWS's clock
        assert vouches(Cursor(EPOCH + 1000 * off_s, 0), clock)
    assert not vouches(Cursor(9 * EPOCH, 0), clock)  # made up
    await clock.advance(YOUNG_S)
    assert not vouches(Cursor(EPOCH, 0), clock)


def test_a_watcher_looks_again_twice_in_the_time_that_is_set() -> None:
    assert (looks_s(REQUEST_S), looks_s(0)) == ((1.0, 2.0), ())


async def test_looks_end_as_soon_as_something_is_found_or_the_time_is_over(
    clock: FakeClock,
) -> None:
    looks = list[float]()

    async def look() -> bool:
        looks.append(clock.monotonic())
        return clock.monotonic() >= found_at

    for found_at, expected in ((0.5, [0, 0.25, 0.75]), (9.0, [0, 0.25, 0.75, 1.75, 2.0])):
        clock, looks = FakeClock(), []
        task = asyncio.ensure_future(looked_for(clock, look, 2.0))
        await clock.advance(3)
        assert (await task, looks) == (found_at < 2, expected)


class TestLists:
    async def test_what_was_started_is_there_before_aws_lists_it(
        self, own: OwnWrites, clock: FakeClock
    ) -> None:
        own.add(OwnWrite(execution(started_s=5), Cursor(EPOCH, 0)))
        old = execution("old", FAILED)
        assert listed(own, old) == [("one", "RUNNING", 0), ("old", "FAILED", 0)]
        assert listed(own, old, first=False) == [("old", "FAILED", 0)]
        await clock.advance(STREAM_S)
        assert listed(own, old) == [("old", "FAILED", 0)]

    def test_what_ended_since_is_listed_as_aws_has_it(self, own: OwnWrites) -> None:
        own.add(OwnWrite(execution(), Cursor(EPOCH, 0)))
        assert listed(own, execution(status=FAILED)) == [("one", "FAILED", 0)]

    def test_a_stop_and_a_redrive_show(self, own: OwnWrites) -> None:
        own.add(OwnWrite(execution(status=ABORTED), Cursor(EPOCH, 2)))
        assert listed(own, execution()) == [("one", "ABORTED", 0)]
        own.add(OwnWrite(execution(redrives=1), Cursor(EPOCH, 3)))
        assert listed(own, execution(status=ABORTED)) == [("one", "RUNNING", 1)]
        assert listed(own, execution(status=FAILED, redrives=1)) == [("one", "FAILED", 1)]

    def test_a_list_of_one_status_holds_no_other(self, own: OwnWrites) -> None:
        own.add(OwnWrite(execution(redrives=1), Cursor(EPOCH, 3)))
        assert listed(own, execution(status=FAILED), status=FAILED) == []
        assert listed(own, status=RUNNING) == []  # it may have ended since

    def test_what_is_older_than_a_page_stands_on_a_later_one(self, own: OwnWrites) -> None:
        own.add(OwnWrite(execution(redrives=1), Cursor(EPOCH, 3)))
        newer = execution("new", started_s=60)
        assert listed(own, newer, more=True) == [("new", "RUNNING", 0)]

    def test_other_machines_and_map_runs_stand_in_other_lists(self, own: OwnWrites) -> None:
        for id in (ExecutionId("audit", "one"), ExecutionId("orders", "one", label="Each")):
            other = Execution(id, ACCOUNT.execution_arn(id), RUNNING, BEGIN)
            own.add(OwnWrite(other, Cursor(EPOCH, 0)))
        assert listed(own) == []


class TestReads:
    async def test_what_is_older_than_what_was_done_is_hidden_for_a_while(
        self, own: OwnWrites, clock: FakeClock
    ) -> None:
        seen = Cursor(EPOCH, 1)
        own.add(OwnWrite(execution(), Cursor(EPOCH, 2)))
        assert own.hide(ExecutionId("orders", "one"), seen, ())
        assert not own.hide(ExecutionId("orders", "one"), Cursor(EPOCH, 2), ())
        assert not own.hide(ExecutionId("orders", "two"), seen, ())
        await clock.advance(STREAM_S)
        assert not own.hide(ExecutionId("orders", "one"), seen, ())

    async def test_so_is_a_settled_task_that_waits(self, own: OwnWrites, clock: FakeClock) -> None:
        id, seen = ExecutionId("orders", "one"), Cursor(EPOCH, 4)
        own.settled("settled")
        assert own.hide(id, seen, [None, "waiting", "settled"])
        assert not own.hide(id, seen, [None, "waiting"])
        await clock.advance(STREAM_S)
        own.settled("another")
        assert not own.hide(id, seen, ["settled"])

    def test_the_newest_write_counts_until_it_is_read(self, own: OwnWrites) -> None:
        id, write = ExecutionId("orders", "one"), OwnWrite(execution(), Cursor(EPOCH, 4))
        own.add(OwnWrite(execution(), Cursor(EPOCH, 2)))
        own.add(write)
        assert own.find(id, EPOCH, 3) is write
        assert own.find(id, EPOCH, 4) is None
