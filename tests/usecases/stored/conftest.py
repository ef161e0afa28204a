"""Stored sockets on fakes for each test, their hubs closed behind it."""

from collections.abc import AsyncIterator

import pytest

from .stage import StoredStage


@pytest.fixture
async def stage() -> AsyncIterator[StoredStage]:
    stage = StoredStage()
    yield stage
    await stage.close()


@pytest.fixture
async def guarded() -> AsyncIterator[StoredStage]:
    """Callers must say who they are."""
    stage = StoredStage(auth=True)
    yield stage
    await stage.close()
