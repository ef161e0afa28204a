"""A service for executions on fakes for each test, closed behind it."""

from collections.abc import AsyncIterator

import pytest

from tests.shared_ports import shared

from .starting import Setting

__all__ = ["shared"]  # a fixture


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.stage.hub.close()
