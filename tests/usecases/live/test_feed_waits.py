"""Requests that wait for a watched execution."""

import asyncio

from handrail.usecases.live import Level
from handrail.usecases.live.feed_waits import FeedWaits
from tests.fakes import run_until_idle

from .stage import ID, Stage


async def test_a_wait_ends_when_it_is_done(stage: Stage) -> None:
    history, waits = stage.execution(), FeedWaits(stage.clock)
    async with stage.hub.watching(ID) as watcher:
        waiting = asyncio.ensure_future(
            waits.until(watcher, lambda feed: feed.ended, timeout_s=20, level=Level.STATUS)
        )
        await stage.clock.advance(1)
        assert not waiting.done()
        history.main.then("ExecutionSucceeded", output="{}")
        await stage.clock.advance(1)
        assert (await waiting).ended


async def test_nothing_waits_when_the_process_goes_away(stage: Stage) -> None:
    stage.execution()
    waits = FeedWaits(stage.clock)
    async with stage.hub.watching(ID) as watcher:
        waiting = asyncio.ensure_future(
            waits.until(watcher, lambda feed: feed.ended, timeout_s=20, level=Level.STATUS)
        )
        await run_until_idle()
        waits.end()
        assert not (await waiting).ended
    assert not watcher.subscriptions
