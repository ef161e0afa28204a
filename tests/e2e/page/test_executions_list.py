"""A state machine's executions: filtered, live, paged, with what may be done to each."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.chromium import a_page

from .test_overview import PHONE, order, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

MACHINE = "orchestration-dev"


async def test_a_long_list_is_paged_filtered_and_stays_where_it_is_read(
    browser: Browser, page_url: str
) -> None:
    run = str(uuid4())[:8]
    async with a_page(browser) as page:

        async def begin(name: Any) -> str:
            return await start(page, page_url, MACHINE, {}, f"{run}-{name}")

        oldest = await begin("oldest")
        await asyncio.gather(*(begin(number) for number in range(60)))
        await page.goto(f"{page_url}#/machines/{MACHINE}")
        rows = page.locator(".execution")
        await expect(rows).to_have_count(50)
        await page.get_by_role("button", name="Load more").click()
        await expect(page.locator(f'a[data-row="{oldest}"]')).to_be_visible()
        assert await rows.count() >= 61

        await page.get_by_role("radio", name="Succeeded").click()
        assert "status=SUCCEEDED" in page.url
        await expect(rows.first).to_contain_text("SUCCEEDED")
        await page.get_by_role("radio", name="Timed out").click()
        await expect(page.get_by_text("None is TIMED_OUT.")).to_be_visible()
        await page.get_by_role("button", name="Show all").click()
        await expect(page.locator(f'a[data-row="{oldest}"]')).to_be_visible()

        await page.get_by_label("Name begins with").fill(f"{run}-5")
        await expect(rows).to_have_count(11)
        await expect(page.locator(".executions-foot")).to_contain_text("11 of")
        await page.reload()
        await expect(rows).to_have_count(11)
        await page.get_by_label("Started").select_option("1h")
        await expect(rows).to_have_count(11)
        await page.get_by_label("Started").select_option("")
        await page.get_by_label("Name begins with").fill("")

        newest = await begin("newest")
        first = page.locator(".execution a[data-row]").first
        await expect(first).to_have_attribute("data-row", newest)
        seen = page.locator(f'a[data-row="{run_of(newest)}:{run}-3"]')
        await seen.scroll_into_view_if_needed()
        await page.evaluate("scrollBy(0, 400)")
        await expect(page.locator(".top-mark")).not_to_be_in_viewport()
        before = await seen.bounding_box()
        later = await begin("later")
        await page.get_by_role("button", name="1 new").click(trial=True)
        assert await seen.bounding_box() == before
        await page.get_by_role("button", name="1 new").click()
        await expect(first).to_have_attribute("data-row", later)
        await expect(first).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
        await page.keyboard.press("Escape")
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("Enter")
        assert page.url.endswith(f"#/executions/{newest}")


def run_of(execution: str) -> str:
    return execution.partition(":")[0]


async def test_one_is_stopped_and_redriven_by_who_may(browser: Browser, page_url: str) -> None:
    name = f"stopped-{uuid4()}"
    async with a_page(browser, viewport=PHONE) as page:
        execution = await start(page, page_url, "order-fulfilment", order(), name)
        await page.goto(f"{page_url}#/machines/order-fulfilment")
        row = page.locator(".execution", has=page.locator(f'a[data-row="{execution}"]'))
        await expect(row).to_contain_text("RUNNING")
        menu = row.get_by_role("button", name=f"What to do with {name}")
        await menu.click()
        await page.get_by_role("menuitem", name="Stop…").click()
        dialog = page.get_by_role("dialog", name="Stop this execution?")
        await dialog.get_by_label("Error").fill("Test.Stopped")
        await dialog.get_by_role("button", name="Stop").click()
        await expect(dialog).to_have_count(0)
        await expect(row).to_contain_text("ABORTED")
        stopped = await (await page.request.get(f"{page_url}/v1/executions/{execution}")).json()
        assert stopped["error"] == "Test.Stopped"
        await menu.click()
        await page.get_by_role("menuitem", name="Redrive").click()
        await expect(row).to_contain_text("RUNNING")
        await expect(row).to_contain_text("redriven once")

        async def reader(route: Route) -> None:
            await route.fulfill(
                json={
                    "principal": "reader",
                    "scopes": ["read"],
                    "machines": ["*"],
                    "executions": [],
                    "expires_at": None,
                }
            )

        await page.route("**/v1/me", reader)
        await page.reload()
        await menu.click()
        await expect(page.get_by_role("menuitem")).to_have_text(["Open", "Copy id"])
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        await page.goto(f"{page_url}#/machines/price-check")
        await expect(page.get_by_text("AWS keeps no list of Express executions.")).to_be_visible()
        await expect(page.get_by_role("radio")).to_have_count(0)
