"""One shard is read in order, at its pace, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from handrail.core.errors import InvalidRequest, Throttled, Unavailable, UpstreamRefused
from handrail.core.models import Account
from handrail.usecases.live.shard_reader import (
    ANSWER_BYTES,
    LARGE_BYTES,
    MOST_RECORDS,
    RECORD_BYTES,
    SLICE_S,
    UNREADABLE_S,
    limit_for,
)
from tests.events import execution_arn, sample
from tests.fakes import FakeClock

from .stream_stage import ITERATOR_S, StreamStage, line, record

SECRET = "AQCEAAAAKgAAAAMAAAAA" + "x" * 300


@pytest.fixture
async def stage() -> AsyncIterator[StreamStage]:
    stage = StreamStage()
    stage.stream.start()
    await stage.clock.advance(0.5)
    yield stage
    await stage.stream.close()


async def test_a_shard_is_read_four_times_a_second(stage: StreamStage) -> None:
    await stage.clock.advance(10)
    assert 40 <= len(stage.shards.reads) <= 43
    assert stage.meter.counted["throttled"] == 0


async def test_a_fleet_reads_it_no_oftener_than_one_each_its_part() -> None:
    stage = StreamStage()
    stage.replicas = 3
    stage.stream.start()
    await stage.clock.advance(12)
    assert 15 <= len(stage.shards.reads) <= 17
    await stage.stream.close()


async def test_when_throttled_it_is_read_once_a_second_at_the_slowest(stage: StreamStage) -> None:
    stage.shards.fail("read", *[Throttled("No.") for _ in range(5)])
    began = stage.clock.monotonic()
    await stage.clock.advance(6)
    at = [at - began for at, _ in stage.shards.reads if at > began]
    gaps = [round(later - earlier, 2) for earlier, later in pairwise(at)]
    assert gaps[:4] == [0.5, 1, 1, 1]
    assert gaps[-1] < 1
    assert stage.meter.counted["throttled"] == 5
    assert stage.stream.healthy


async def test_records_are_passed_on_in_order_each_once(stage: StreamStage) -> None:
    for id in range(1, 30):
        stage.shards.write("a", line(id))
    await stage.clock.advance(1)
    assert stage.target.ids == list(range(1, 30))
    assert (stage.meter.counted["records"], stage.meter.counted["events"]) == (29, 29)


async def test_an_iterator_that_expired_is_renewed_behind_the_last_record(
    stage: StreamStage,
) -> None:
    stage.shards.write("a", line(1))
    await stage.clock.advance(1)
    stage.shards.hold()
    await stage.clock.advance(ITERATOR_S + 1)
    stage.shards.write("a", line(2))
    stage.shards.fail("read", InvalidRequest("The iterator has expired."))
    stage.shards.release()
    await stage.clock.advance(2)
    assert stage.target.ids == [1, 2]
    assert stage.shards.count("iterator") == 2


async def test_an_iterator_that_expired_before_any_record_came_misses_none(
    stage: StreamStage,
) -> None:
    await stage.clock.advance(5)
    stage.shards.hold()
    await stage.clock.advance(ITERATOR_S + 1)
    stage.shards.write("a", line(1))
    await stage.clock.advance(1)
    stage.shards.fail("read", InvalidRequest("The iterator has expired."))
    stage.shards.release()
    await stage.clock.advance(2)
    assert stage.target.ids == [1]


@pytest.mark.parametrize("operation", ["read", "iterator"])
async def test_what_is_refused_again_and_again_is_told_and_asked_less_often(
    stage: StreamStage, operation: str
) -> None:
    stage.shards.fail("read", InvalidRequest("The iterator has expired."))
    stage.shards.fail(operation, *[InvalidRequest("No.") for _ in range(5)])
    calls = stage.shards.count("iterator")
    with capture_logs() as logs:
        await stage.clock.advance(8)
    assert stage.shards.count("iterator") - calls <= 6
    assert [log["event"] for log in logs if log["log_level"] == "error"] == [
        "event stream not read"
    ]
    await stage.clock.advance(40)
    assert stage.stream.healthy


async def test_a_place_that_the_stream_doesn_t_know_is_given_up(stage: StreamStage) -> None:
    stage.shards.write("a", line(1))
    await stage.clock.advance(1)
    stage.shards.records["a"].clear()
    stage.shards.fail("read", InvalidRequest("The iterator has expired."))
    with capture_logs() as logs:
        await stage.clock.advance(2)
    assert [log["event"] for log in logs] == ["place in the event stream lost"]
    assert stage.target.told == [False, True, False, True]  # watchers read once by themselves
    stage.shards.write("a", line(9))
    await stage.clock.advance(1)
    assert stage.target.ids == [1, 9]


@pytest.mark.parametrize("error", [Unavailable("No."), UpstreamRefused("No.")])
async def test_failures_are_told_once_and_so_is_their_end(
    stage: StreamStage, error: Exception
) -> None:
    stage.shards.fail("read", error, error, error)
    with capture_logs() as logs:
        await stage.clock.advance(8)
    assert [log["event"] for log in logs] == ["event stream not read", "event stream read again"]
    assert logs[1]["failures"] == 3
    stage.shards.write("a", line(1))
    await stage.clock.advance(1)
    assert stage.target.ids == [1]


async def test_what_is_unreadable_is_counted_and_quoted_nowhere(stage: StreamStage) -> None:
    stage.shards.records["a"] += [SECRET.encode(), b"\x1f\x8b" + SECRET.encode(), b""]
    stage.shards.write("a", line(1))
    with capture_logs() as logs:
        await stage.clock.advance(UNREADABLE_S)
        assert [log["event"] for log in logs] == ["records unreadable"]
        stage.shards.records["a"].append(SECRET.encode())
        await stage.clock.advance(1)
    assert [log["records"] for log in logs] == [1, 3]
    assert SECRET not in str(logs)
    assert stage.meter.counted["unreadable"] == 4
    assert stage.target.ids == [1]


async def test_other_accounts_and_regions_are_counted_and_left_alone(stage: StreamStage) -> None:
    elsewhere = execution_arn("orders:one").replace("us-east-1", "eu-west-1")
    stage.shards.write("a", line(1, elsewhere), line(2))
    await stage.clock.advance(1)
    assert stage.target.ids == [2]
    assert stage.meter.counted["foreign"] == 1


async def test_before_the_account_is_known_all_is_passed_on(stage: StreamStage) -> None:
    stage.account = None
    stage.shards.write("a", line(1))
    await stage.clock.advance(1)
    stage.account = Account("aws", "eu-west-1", "1")
    stage.shards.write("a", line(2))
    await stage.clock.advance(1)
    assert stage.target.ids == [1]


async def test_control_messages_say_nothing(stage: StreamStage) -> None:
    control = sample("logs_control")
    stage.shards.records["a"].append(str(control).replace("'", '"').encode())
    await stage.clock.advance(1)
    assert stage.target.pushes == []
    assert stage.meter.counted["unreadable"] == 0


async def test_a_push_that_is_not_taken_stops_no_other(stage: StreamStage) -> None:
    stage.target.fails_at = 1
    stage.shards.write("a", line(1), line(2))
    with capture_logs() as logs:
        await stage.clock.advance(1)
    assert stage.target.ids == [1, 2]
    assert [log["event"] for log in logs] == ["push not taken"]


async def test_large_records_are_unpacked_beside_the_loop(stage: StreamStage) -> None:
    noise = b"".join(sha256(n.to_bytes(2)).digest() for n in range(LARGE_BYTES // 32)).hex()
    large = record(line(1).replace('"{}"', f'"{noise}"'))
    assert len(large) > LARGE_BYTES
    stage.shards.records["a"] += [large, large[:-9]]
    stage.shards.write("a", line(2))
    while len(stage.target.ids) < 2:
        await stage.clock.advance(0.25)
    assert stage.target.ids == [1, 2]
    assert stage.meter.counted["unreadable"] == 1


class CostlyClock(FakeClock):
    """Each look at it takes a millisecond."""

    def monotonic(self) -> float:
        self._elapsed += 0.001
        return self._elapsed


async def test_others_run_between_the_slices_of_a_large_answer(stage: StreamStage) -> None:
    stage.clock.__class__ = CostlyClock
    seen: list[int] = []

    async def others() -> None:
        while True:
            seen.append(len(stage.target.ids))
            await asyncio.sleep(0)

    stage.shards.write("a", *map(line, range(1, 51)))
    beside = asyncio.create_task(others())
    await stage.clock.advance(1)
    beside.cancel()
    steps = [later - earlier for earlier, later in pairwise(seen)]
    assert seen[-1] == 50
    assert max(steps) <= SLICE_S * 1000 + 1


@given(st.floats(0, 1e9))
def test_a_read_brings_about_as_much_as_may_be_taken_in_one_go(record_bytes: float) -> None:
    limit = limit_for(record_bytes)
    assert 1 <= limit <= MOST_RECORDS
    assert limit == 1 or limit * record_bytes <= ANSWER_BYTES


async def test_how_many_records_are_asked_for_goes_by_their_size(stage: StreamStage) -> None:
    assert stage.shards.limits[0] == ANSWER_BYTES // RECORD_BYTES
    stage.shards.records["a"] += [b"x" * 50_000] * 60
    await stage.clock.advance(3)
    assert stage.shards.limits[-1] < 30
