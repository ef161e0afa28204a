"""One browser for all tests of a worker that need one; and the Lambda deployment that most of its
tests share: warm instances, as in the middle of a day."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.engine.engine_fixture import Calls
from tests.gateway_table import Storage

from .chromium import chromium
from .lambda_deployment import Deployment, deployed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def deployment(calls: Calls, storage: Storage) -> AsyncIterator[Deployment]:
    async with deployed(calls, storage) as deployment:
        yield deployment
