"""Who uses a watcher, and for how long it stays."""

import asyncio

from handrail.usecases.live.audience import Audience
from tests.fakes import FakeClock, run_until_idle


async def test_a_request_keeps_it_running() -> None:
    audience = Audience(FakeClock(), 3.0)
    assert not audience
    with audience.request():
        assert audience
        assert await audience.stays()
    assert not audience


async def test_it_lingers_for_who_may_come_back() -> None:
    clock = FakeClock()
    audience = Audience(clock, 3.0)
    stays = asyncio.ensure_future(audience.stays())
    await clock.advance(2.9)
    assert not stays.done()
    await clock.advance(0.1)
    assert not await stays


async def test_it_lingers_from_when_the_last_left() -> None:
    """However short a visit is, between two turns of whoever waits."""
    clock = FakeClock()
    audience = Audience(clock, 3.0)
    stays = asyncio.ensure_future(audience.stays())
    for _ in range(3):
        await clock.advance(2.0)
        with audience.request():
            pass
    await clock.advance(2.9)
    assert not stays.done()
    await clock.advance(0.1)
    assert not await stays


async def test_it_doesnt_linger_where_others_need_the_room() -> None:
    audience = Audience(FakeClock(), 3.0)
    stays = asyncio.ensure_future(audience.stays())
    await run_until_idle()
    audience.dismiss()
    assert not await stays
