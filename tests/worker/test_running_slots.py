"""Slots are given in order, never twice, and none is lost."""

import asyncio

from handrail.worker.running import Slots
from tests.fakes import run_until_idle


async def test_so_many_and_no_more() -> None:
    slots = Slots(2)
    assert await slots.take()
    assert await slots.take()
    third = asyncio.create_task(slots.take())
    await run_until_idle()
    assert not third.done()
    slots.release()
    assert await third


async def test_the_longest_waiting_is_next() -> None:
    slots, order = Slots(1), list[int]()
    await slots.take()

    async def wait(number: int) -> None:
        await slots.take()
        order.append(number)

    waiting = [asyncio.create_task(wait(number)) for number in range(3)]
    await run_until_idle()
    for _ in waiting:
        slots.release()
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2]


async def test_who_waits_no_longer_takes_no_slot_away() -> None:
    slots = Slots(1)
    await slots.take()
    early, late = asyncio.create_task(slots.take()), asyncio.create_task(slots.take())
    await run_until_idle()
    early.cancel()
    slots.release()
    assert await late


async def test_a_slot_given_to_who_is_cancelled_goes_to_the_next() -> None:
    slots = Slots(1)
    await slots.take()
    early, late = asyncio.create_task(slots.take()), asyncio.create_task(slots.take())
    await run_until_idle()
    slots.release()
    early.cancel()
    assert await late
    assert early.cancelled()


async def test_closed_it_gives_out_no_more() -> None:
    slots = Slots(1)
    await slots.take()
    waiting = asyncio.create_task(slots.take())
    await run_until_idle()
    slots.close()
    slots.release()
    assert not await waiting
    assert not await slots.take()
