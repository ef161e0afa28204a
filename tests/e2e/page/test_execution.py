"""An execution's view: watched, answered, started again, stopped; what isn't there."""

import json
import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.chromium import a_page

from .executions import agrees, details, open_execution, order, row, start, status

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_is_started_watched_approved_and_started_again(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser) as page:
        await page.goto(f"{page_url}#/machines/order-fulfilment/start")
        await page.get_by_role("tab", name="JSON").click()
        await page.get_by_label("Input (JSON)").fill(json.dumps({**order(), "n": 2**70}))
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        id = re.split("#/executions/", page.url)[1]
        await expect(page.locator(".card")).to_be_visible()
        await agrees(page, page_url, id)
        card, aside = page.locator(".card"), details(page)
        await expect(card.get_by_role("heading")).to_have_text("Approve order A-1?")
        await expect(card).to_contain_text("<img src=x onerror=alert(1)>")
        await expect(aside.get_by_text(str(2**70))).to_be_visible()

        await row(page, "ChargeCard").get_by_text("ChargeCard").click()
        await expect(aside.get_by_role("heading", level=2)).to_have_text("ChargeCard")
        assert page.url.endswith(f"#/executions/{id}/ChargeCard")
        await expect(page.locator(".graph .node[aria-pressed='true']")).to_have_count(1)
        await expect(aside.get_by_text('"charge_id"')).to_be_visible()
        await aside.get_by_role("tab", name="Events").click()
        await aside.locator(".event-ids a").first.click()
        assert re.search(r"tab=events&event=\d+$", page.url)
        await aside.get_by_role("button", name="Close").click()
        await expect(aside.get_by_role("heading", level=2)).to_have_text("Execution")

        await card.get_by_role("button", name="Approve and ship").click()
        await expect(page.locator(".decided")).to_contain_text("Approve and ship")
        await expect(status(page)).to_have_text("SUCCEEDED")
        await expect(page.get_by_text("Up to date")).to_be_visible()
        await expect(aside.get_by_role("heading", name="Output")).to_be_visible()
        await page.get_by_role("tab", name="Timeline").click()
        await agrees(page, page_url, id)

        await page.get_by_role("button", name="Start again…").click()
        written = page.get_by_label("Input (JSON)")
        assert str(2**70) in await written.input_value()
        assert await written.evaluate("(area) => [area.scrollTop, area.selectionStart]") == [0, 0]
        await written.fill("{")
        again = page.get_by_role("dialog").get_by_role("button", name="Start again")
        await again.click()
        await expect(page.get_by_role("alert")).to_contain_text("isn't JSON")
        await written.fill(json.dumps(order()).replace("4200", "1.10"))
        await again.click()
        await expect(page.get_by_role("link", name=id.partition(":")[2]).last).to_be_visible()
        await expect(details(page).get_by_text("1.10")).to_be_visible()
        await expect(status(page)).to_have_text("SUCCEEDED")


async def test_one_that_runs_is_stopped_and_one_that_isn_t_there_is_said_to_be_none(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser) as page:
        id = await start(page, page_url, "document-review", {"title": "T", "text": "a b"})
        await open_execution(page, page_url, id)
        card = page.locator(".card")
        await expect(card).to_contain_text("waits for a worker")
        await expect(card.get_by_role("definition").first).to_have_text("T")
        await expect(card.get_by_role("textbox")).to_have_count(0)
        await page.get_by_role("button", name="Stop…").click()
        await page.get_by_label("Error (optional)").fill("Enough")
        await page.get_by_role("button", name="Stop", exact=True).click()
        await expect(status(page)).to_have_text("ABORTED")
        await expect(details(page)).to_contain_text("Enough")
        await expect(details(page).get_by_role("heading", name="Input")).to_be_visible()
        await expect(details(page).get_by_role("heading", name="Output")).to_have_count(0)
        await agrees(page, page_url, id)
        await page.locator(".timeline-name").last.click()
        await expect(details(page)).to_contain_text("It has no output.")

        await page.goto(f"{page_url}#/executions/document-review:none")
        await expect(page.get_by_text("There is no such execution.")).to_be_visible()
        await page.get_by_role("link", name="Executions of document-review").click()
        await expect(page.locator("main")).to_have_attribute("data-view", "machine")
