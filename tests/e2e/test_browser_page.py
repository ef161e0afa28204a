"""The page at `/` in a real browser: the catalogue, a start, an execution as it goes on."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .chromium import a_page, chromium
from .processes import Process

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDER = """{"order_id": "A-1", "customer": "Ada", "amount": 4200, "card": "tok_visa",
  "parcels": [{"id": "p1"}]}"""
MACHINES = ["document-review", "loan-quote", "orchestration-dev", "order-fulfilment", "price-check"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(browser: Browser) -> Iterator[str]:
    with Process(["dev", "--port", "0"], {"HANDLER_PACE": "0"}) as process:
        yield process.url


async def start_order(page: Page, url: str) -> None:
    """By hand, as a visitor does."""
    await page.goto(url)
    await page.get_by_role("link", name="order-fulfilment").click()
    await page.get_by_label("Input (JSON)").fill(ORDER)
    await page.get_by_role("button", name="Start", exact=True).click()


def status_of(page: Page, state: str) -> str:
    return f"tr:has(th:has-text('{state}')) .pill"


async def test_the_catalogue_names_every_state_machine(browser: Browser, url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(url)
        names = page.get_by_role("navigation", name="State machines").locator(".name")
        await expect(names).to_have_text(MACHINES)


async def test_an_order_is_started_followed_and_approved(browser: Browser, url: str) -> None:
    async with a_page(browser) as page:
        await start_order(page, url)
        waiting = page.locator(status_of(page, "WaitForApproval"))
        await expect(waiting).to_have_text("WAITING")
        await expect(page.locator(status_of(page, "ChargeAndReserve"))).to_have_text("SUCCEEDED")
        await page.get_by_text("Settle").click()
        send = page.get_by_role("button", name="Send success")
        await send.click()
        output = page.get_by_label("Output (JSON)")
        assert await output.evaluate("it => it.validity.valueMissing")
        await expect(waiting).to_have_text("WAITING")
        await output.fill('{"approved": true}')
        await send.click()
        await expect(waiting).to_have_text("SUCCEEDED")
        await expect(page.locator(".heading .pill")).to_have_text("SUCCEEDED")
        await expect(page.locator(status_of(page, "NotifyCustomer"))).to_have_text("SUCCEEDED")


async def test_the_documents_are_drawn_without_anything_from_elsewhere(
    browser: Browser, url: str
) -> None:
    async with a_page(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{url}/docs")
        await expect(page.get_by_text("/v1/callbacks/{signed}").first).to_be_visible()
        assert [address for address in asked if not address.startswith(url)] == []
