"""What is known of a watched execution, before and after anything was read of it."""

import pytest

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId
from tests.fakes import ACCOUNT, run_until_idle

from .pushing import watcher_of
from .stage import ID, Stage


async def test_before_anything_is_read_nothing_is_known(stage: Stage) -> None:
    stage.execution()
    stage.histories.hold()
    stage.subscribe()
    await run_until_idle()
    watched = watcher_of(stage)
    assert (watched.id, watched.in_use) == (ExecutionId.parse(ID), True)
    assert watched.feed is None
    assert watched.hidden
    assert not watched.promise_anew()
    with pytest.raises(Unavailable):
        watched.require_feed()
    stage.histories.release()
    await run_until_idle()
    assert watched.require_feed().position == 1
    assert watched.account == ACCOUNT
    assert not watched.hidden


async def test_a_promise_is_news_once(stage: Stage) -> None:
    stage.execution()
    woken: list[int] = []
    await stage.subscribed(wake=lambda: woken.append(1))
    watched = watcher_of(stage)
    feed, before = watched.require_feed(), len(woken)
    feed.stale_after_s = 60.0
    assert watched.promise_anew()
    assert len(woken) == before + 1
    assert not watched.promise_anew()
    assert feed.stale_after_s < 60.0
