"""Replicas that lead, all of which die behind a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from .news_stage import NewsReplica, NewsStage

Lead = Callable[[NewsStage], Awaitable[NewsReplica]]


@pytest.fixture
async def lead() -> AsyncIterator[Lead]:
    """Begins a replica that leads."""
    async with AsyncExitStack() as stack:

        async def begin(stage: NewsStage) -> NewsReplica:
            replica = await stage.replica()
            stack.push_async_callback(replica.die)
            return replica

        yield begin
