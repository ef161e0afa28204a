"""One followed list: read often after a change, slowly where nothing happens, and not in vain."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId
from handrail.usecases.live.followed_list import AT_ONCE, FollowedList
from tests.fakes import machine_arn, run_until_idle

from .followers import Lists


@pytest.fixture
async def stage() -> AsyncIterator[Lists]:
    stage = Lists()
    stage.add("orders:1")
    yield stage
    await stage.close()


def only_list(stage: Lists) -> FollowedList:
    (followed,) = stage.lists._followed.values()
    return followed


async def read_within(stage: Lists, seconds: float) -> int:
    before = stage.lists_read
    await stage.clock.advance(seconds)
    return stage.lists_read - before


async def test_it_is_read_every_five_seconds_while_nothing_happens(stage: Lists) -> None:
    await stage.followed("orders")
    assert await read_within(stage, 50) == 10


async def test_after_a_change_it_is_read_often_for_a_while(stage: Lists) -> None:
    """AWS's lists may show it only then."""
    await stage.followed("orders")
    await stage.clock.advance(30)
    await stage.nudges.send(ExecutionId.parse("orders:2"))
    assert await read_within(stage, 10) >= 6
    await stage.clock.advance(5)
    assert await read_within(stage, 50) == 10


async def test_nudges_without_end_make_no_more_than_that(stage: Lists) -> None:
    await stage.followed("orders")
    before = stage.lists_read
    for _ in range(300):
        await stage.nudges.send(ExecutionId.parse("orders:1"))
        await stage.clock.advance(0.1)
    assert 10 <= stage.lists_read - before <= 21


async def test_another_machine_s_changes_are_none_of_its(stage: Lists) -> None:
    await stage.followed("orders")
    await stage.clock.advance(30)
    await stage.nudges.send(ExecutionId.parse("payments:1"))
    assert await read_within(stage, 10) == 2


async def test_failures_in_a_row_are_further_and_further_apart(stage: Lists) -> None:
    stage.executions.fail("list_page", *(Unavailable("AWS is away") for _ in range(50)))
    await stage.followed("orders")
    reads = [await read_within(stage, 60) for _ in range(4)]
    assert reads[0] > reads[-1]
    assert reads[-1] == 1
    assert only_list(stage).error is not None
    assert only_list(stage).page is None


async def test_a_nudge_hastens_no_list_that_fails(stage: Lists) -> None:
    stage.executions.fail("list_page", *(Unavailable("AWS is away") for _ in range(50)))
    await stage.followed("orders")
    await stage.clock.advance(60)
    before = stage.lists_read
    for _ in range(100):
        await stage.nudges.send(ExecutionId.parse("orders:1"))
        await stage.clock.advance(0.1)
    assert stage.lists_read - before <= 1


async def test_a_fault_of_our_own_ends_no_list(stage: Lists) -> None:
    stage.executions.fail("list_page", RuntimeError("a bug"))
    subscription = await stage.followed("orders")
    followed = only_list(stage)
    assert followed.error is not None
    await stage.clock.advance(6)
    assert followed.error is None
    assert followed.key.machine_arn == machine_arn("orders")
    subscription.close()
    await run_until_idle()
    assert not stage.lists.tasks


async def test_others_run_while_many_followers_are_told(stage: Lists) -> None:
    """A message is drawn for each: a thousand at once would hold everything up."""
    told = [0]
    await stage.followed("orders")
    followed = only_list(stage)
    for _ in range(10 * AT_ONCE):
        followed.followers[Counting(told)] = None
    await stage.nudges.send(ExecutionId.parse("orders:1"))
    in_one_go, before = [], 0
    advancing = asyncio.ensure_future(stage.clock.advance(2))
    while not advancing.done():
        await asyncio.sleep(0)
        in_one_go.append(told[0] - before)
        before = told[0]
    assert told[0] >= 10 * AT_ONCE
    assert max(in_one_go) <= AT_ONCE


async def test_whoever_leaves_meanwhile_is_not_told(stage: Lists) -> None:
    told = [0]
    await stage.followed("orders")
    followers = only_list(stage).followers
    leaving = [Counting(told) for _ in range(AT_ONCE)]

    class First(Counting):
        def wake(self) -> None:
            for each in leaving:
                followers.pop(each, None)

    followers[First(told)] = None
    followers |= dict.fromkeys(leaving)
    await stage.clock.advance(6)
    assert told == [0]


class Counting:
    def __init__(self, told: list[int]) -> None:
        self.told = told

    def wake(self) -> None:
        self.told[0] += 1
