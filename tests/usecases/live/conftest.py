"""A hub on fakes for each test, closed behind it."""

from collections.abc import AsyncIterator

import pytest

from .stage import Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.hub.close()
