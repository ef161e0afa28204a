"""All shards of the stream are read, as they come and go, and whether that works is told."""

import asyncio
from collections.abc import AsyncIterator
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from handrail.core.errors import InvalidRequest, NotFound, Throttled, Unavailable, UpstreamRefused
from handrail.core.push_health import HEALTHY_S
from handrail.core.pushes import PushedEvent
from handrail.core.shards import CHECKPOINT_GOOD_S
from handrail.usecases.live.push_stream import MOST_FAILED_S, RELIST_S

from .stream_stage import StreamStage, line


@pytest.fixture
async def stage() -> AsyncIterator[StreamStage]:
    stage = StreamStage("a", "b")
    yield stage
    await stage.stream.close()


async def test_what_comes_from_now_on_is_passed_on(stage: StreamStage) -> None:
    stage.shards.write("a", line(1))
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.write("a", line(2), line(3))
    stage.shards.write("b", line(4))
    await stage.clock.advance(0.25)
    assert sorted(stage.target.ids) == [2, 3, 4]
    assert stage.target.told == [False, True]
    assert stage.stream.healthy


async def test_a_second_reader_goes_on_at_the_checkpoints(stage: StreamStage) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.write("a", line(1))
    await stage.clock.advance(2)
    await stage.stream.close()
    stage.shards.write("a", line(2))
    await stage.clock.advance(CHECKPOINT_GOOD_S - 10)
    stage.stream = stage.another()
    stage.stream.start()
    await stage.clock.advance(1)
    assert stage.target.ids == [1, 2]


async def test_an_old_checkpoint_is_left_alone(stage: StreamStage) -> None:
    await stage.checkpoints.put("a", "0")
    stage.shards.write("a", line(1))
    await stage.clock.advance(CHECKPOINT_GOOD_S + 1)
    stage.stream.start()
    await stage.clock.advance(1)
    assert stage.target.ids == []


async def test_a_shard_that_is_split_is_read_to_its_end_before_its_children(
    stage: StreamStage,
) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.write("a", line(1))
    stage.shards.reshard(["a"], "c", "d")
    stage.shards.write("c", line(2))
    stage.shards.write("d", line(3))
    await stage.clock.advance(1)
    assert stage.target.ids[0] == 1
    assert sorted(stage.target.ids) == [1, 2, 3]
    assert stage.target.told == [False, True]  # nothing was missed, so nothing is said


async def test_shards_that_are_merged_are_followed(stage: StreamStage) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.reshard(["a", "b"], "c")
    stage.shards.write("c", line(5))
    await stage.clock.advance(1)
    assert stage.target.ids == [5]
    assert "a" not in {shard for at, shard in stage.shards.reads if at > 1.5}


async def test_children_are_found_though_a_listing_fails(stage: StreamStage) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.fail("list_all", Throttled("No."), Unavailable("No."))
    stage.shards.reshard(["a"], "c")
    stage.shards.write("c", line(5))
    await stage.clock.advance(5)
    assert stage.target.ids == [5]


async def test_a_shard_that_nothing_was_told_of_is_found_in_a_minute(stage: StreamStage) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.reshard([], "late")
    stage.shards.write("late", line(1))
    await stage.clock.advance(RELIST_S)
    assert stage.target.ids == [1]


@pytest.mark.parametrize("error", [NotFound("No."), UpstreamRefused("No."), Unavailable("No.")])
async def test_a_stream_that_can_t_be_read_is_told_and_tried_again(
    stage: StreamStage, error: Exception
) -> None:
    stage.shards.fail("list_all", error)
    with capture_logs() as logs:
        stage.stream.start()
        await stage.clock.advance(1)
    assert [log["event"] for log in logs] == ["event stream unusable"]
    assert (logs[0]["stream"], logs[0]["log_level"]) == ("events", "error")
    assert (stage.target.told, stage.stream.healthy) == ([False], False)
    assert stage.meter.behind_s == inf
    await stage.clock.advance(MOST_FAILED_S)
    assert stage.target.told == [False, True]


async def test_a_stream_that_is_made_anew_is_read_from_then_on(stage: StreamStage) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.write("a", line(1))
    await stage.clock.advance(2)
    stage.shards.make_anew()
    await stage.clock.advance(1)
    assert not stage.stream.healthy
    await stage.clock.advance(MOST_FAILED_S)
    stage.shards.write("a", line(7))
    await stage.clock.advance(1)
    assert stage.target.ids == [1, 7]
    assert stage.target.told == [False, True, False, True]


async def test_one_shard_that_can_t_be_read_leaves_watchers_to_themselves(
    stage: StreamStage,
) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    stage.shards.hold()
    await stage.clock.advance(HEALTHY_S + 2)
    assert stage.target.told == [False, True, False]
    stage.shards.release()
    await stage.clock.advance(2)
    assert stage.target.told == [False, True, False, True]


async def test_a_stream_that_is_behind_says_so(stage: StreamStage) -> None:
    stage.shards.behind_s = 40.0
    stage.stream.start()
    await stage.clock.advance(3)
    assert stage.target.told == [False]
    assert 40 <= stage.target.behind_s < 41.5
    assert stage.meter.behind_s == stage.target.behind_s
    stage.shards.behind_s = 0.0
    await stage.clock.advance(3)
    assert stage.target.told == [False, True]


async def test_a_fault_of_our_own_ends_nothing_for_good(stage: StreamStage) -> None:
    stage.shards.fail("list_all", RuntimeError("a bug"))
    with capture_logs() as logs:
        stage.stream.start()
        await stage.clock.advance(5)
    assert "event stream failed" in [log["event"] for log in logs]
    assert stage.stream.healthy


async def test_closed_it_reads_no_more(stage: StreamStage) -> None:
    stage.stream.start()
    await stage.clock.advance(1)
    await stage.stream.close()
    before = len(stage.shards.reads)
    await stage.clock.advance(5)
    assert len(stage.shards.reads) == before


FAULTS = (Throttled("No."), Unavailable("No."), UpstreamRefused("No."), InvalidRequest("Expired."))


@settings(max_examples=15)
@given(st.data())
def test_whatever_fails_every_record_comes_once_and_in_order(data: st.DataObject) -> None:
    """Of each shard's, through failing reads, expired iterators and resharding."""
    asyncio.run(_write_and_fail(data))


async def _write_and_fail(data: st.DataObject) -> None:
    stage, written = StreamStage("s0"), 0
    stage.stream.start()
    await stage.clock.advance(1)
    for _ in range(data.draw(st.integers(1, 12))):
        is_open = [id for id, shard in stage.shards.shards.items() if shard.open]
        match data.draw(st.sampled_from(["write", "write", "fail", "split", "wait"])):
            case "write":
                written += 1
                shard = data.draw(st.sampled_from(is_open))
                stage.shards.write(shard, line(written, f"orders:{shard}"))
            case "fail":
                stage.shards.fail("read", data.draw(st.sampled_from(FAULTS)))
            case "split":
                number = len(stage.shards.shards)
                parent = data.draw(st.sampled_from(is_open))
                stage.shards.reshard([parent], f"s{number}", f"s{number + 1}")
            case _:
                await stage.clock.advance(data.draw(st.floats(0, 1.5)))
    ends_at = stage.clock.monotonic() + 200
    while len(stage.target.ids) < written and stage.clock.monotonic() < ends_at:
        await stage.clock.advance(1)
    await stage.stream.close()
    assert sorted(stage.target.ids) == list(range(1, written + 1))
    for shard in stage.shards.shards:
        of_shard = [
            push.event.id
            for push in stage.target.pushes
            if isinstance(push, PushedEvent) and push.execution.name == shard
        ]
        assert of_shard == sorted(of_shard)
