"""One browser and one `handrail dev` for all tests of the page that a worker runs."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.e2e.chromium import chromium
from tests.e2e.processes import Process


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def page_url(browser: Browser) -> Iterator[str]:
    """Where `handrail dev` serves the shipped state machines, their handlers without pauses."""
    with Process(["dev", "--port", "0"], {"HANDLER_PACE": "0"}) as process:
        yield process.url
