"""A service for executions on fakes for each test, closed behind it."""

from collections.abc import AsyncIterator

import pytest

from .starting import Setting


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.stage.hub.close()
