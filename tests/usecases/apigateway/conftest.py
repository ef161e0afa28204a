"""Stored sockets on fakes for each test, their hubs closed behind it."""

from collections.abc import AsyncIterator

import pytest

from .stage import GatewayStage


@pytest.fixture
async def stage() -> AsyncIterator[GatewayStage]:
    stage = GatewayStage()
    yield stage
    await stage.close()


@pytest.fixture
async def guarded() -> AsyncIterator[GatewayStage]:
    """Callers must say who they are."""
    stage = GatewayStage(auth=True)
    yield stage
    await stage.close()
