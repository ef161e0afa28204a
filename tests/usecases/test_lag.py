"""What counts as behind, how long it is waited for, and what this process did itself."""

import asyncio
from datetime import timedelta

import pytest

from handrail.core.models import Cursor, Execution, ExecutionId, ExecutionStatus, to_ms
from handrail.usecases.lag import (
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
