"""One watcher an execution, and what becomes of those that fail."""

import asyncio

import pytest

from handrail.core.errors import Draining, Unavailable
from handrail.core.models import ExecutionId
from tests.fakes import run_until_idle

from .stage import ID, Stage


async def test_there_is_one_an_execution(stage: Stage) -> None:
    stage.execution()
    pool = stage.hub._pool
    assert pool.watcher(ExecutionId.parse(ID)) is pool.watcher(ExecutionId.parse(ID))


async def test_those_in_use_dont_make_room() -> None:
    stage = Stage(max_watchers=1)
    stage.execution()
    await stage.subscribed()
    with pytest.raises(Unavailable):
        stage.hub._pool.watcher(ExecutionId.parse("orders:other"))
    await stage.hub.close()


async def test_none_begins_while_the_process_goes_away(stage: Stage) -> None:
    stage.hub._pool.draining = True
    with pytest.raises(Draining):
        stage.hub._pool.watcher(ExecutionId.parse(ID))


async def test_what_folds_is_ended_with_the_hub(stage: Stage) -> None:
    ended = asyncio.Event()

    async def fold() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    stage.hub._pool.spawn(fold())
    await run_until_idle()
    await stage.hub.close()
    assert ended.is_set()
