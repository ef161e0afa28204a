"""The page at `/` in a real browser: the catalogue."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from .chromium import a_page, chromium
from .processes import Process

pytestmark = pytest.mark.asyncio(loop_scope="module")

MACHINES = ["document-review", "loan-quote", "orchestration-dev", "order-fulfilment", "price-check"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(browser: Browser) -> Iterator[str]:
    with Process(["dev", "--port", "0"], {"HANDLER_PACE": "0"}) as process:
        yield process.url


async def test_the_catalogue_names_every_state_machine(browser: Browser, url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(url)
        await expect(page.get_by_role("main").get_by_role("link")).to_have_text(MACHINES)
