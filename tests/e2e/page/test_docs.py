"""The API's documents: REST beside the sockets, searched, opened by address and by keyboard."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.chromium import a_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
NASTY = "<img src=x onerror=alert(1)>[x](javascript:alert(1)) **bold** `code`\n\n- one\n- two"


async def overflows(page: Page) -> bool:
    width = "document.documentElement"
    return bool(await page.evaluate(f"{width}.scrollWidth > {width}.clientWidth"))


async def test_the_documents_are_read_searched_and_opened(browser: Browser, page_url: str) -> None:
    async with a_page(browser, viewport=DESK) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{page_url}/docs")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Handrail API")
        rest, live = (
            page.get_by_role("region", name=name, exact=True) for name in ("REST", "WebSocket")
        )
        await expect(rest.get_by_text("/v1/callbacks/{signed}").first).to_be_visible()
        await expect(live.get_by_text("unsubscribed", exact=True)).to_be_visible()
        beside = [await side.bounding_box() for side in (rest, live)]
        assert beside[0] is not None
        assert beside[1] is not None
        assert beside[0]["y"] == beside[1]["y"]
        assert beside[1]["x"] > beside[0]["x"] + 300

        await page.keyboard.press("/")
        field = page.get_by_role("searchbox", name="Search the documents")
        await expect(field).to_be_focused()
        await field.fill("IDEMPOTENCY-KEY seconds credential=1")
        entries = page.locator(".entry")
        await expect(entries).to_have_count(1)
        await expect(page.get_by_role("status").first).to_have_text("1 found")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("row", name="idempotency-key")).to_be_visible()
        assert page.url.endswith("#post_start_execution")
        opened = page.locator("#post_start_execution")
        await expect(opened.locator("pre").last).to_contain_text(f"'{page_url}/v1/state-machines")
        await opened.get_by_text("failures").click()
        await expect(opened.get_by_role("row", name="409")).to_be_visible()
        await opened.get_by_text("members").click()
        await expect(opened.get_by_text("redrive_count")).to_be_visible()

        await field.fill("no such words")
        await expect(page.get_by_text("Nothing here has all of these words.")).to_be_visible()
        await field.press("Escape")
        await expect(entries.nth(20)).to_be_attached()
        await expect(page.get_by_role("table", name="Close codes")).to_contain_text("4408")
        assert [address for address in asked if not address.startswith(page_url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_address_opens_what_it_names_and_a_phone_shows_it(
    browser: Browser, page_url: str, scheme: Any
) -> None:
    async with a_page(browser, viewport=PHONE, color_scheme=scheme) as page:
        await page.goto(f"{page_url}/docs#send-server-update")
        await expect(page.locator("#send-server-update > summary")).to_be_focused()
        await expect(page.get_by_text("UpdateMessage", exact=True)).to_be_in_viewport()
        for summary in await page.locator("#send-server-update .inside > summary").all():
            await summary.click()
        await page.goto(f"{page_url}/docs#get_list_executions")
        parameters = page.locator("#get_list_executions").get_by_role("table")
        await expect(parameters.first).to_be_visible()
        assert not await overflows(page)


async def test_markdown_of_a_description_becomes_elements_and_nothing_else_does(
    browser: Browser, page_url: str
) -> None:
    async def described(route: Route) -> None:
        document = await (await route.fetch()).json()
        operation = document["paths"]["/v1/state-machines"]["get"]
        operation |= {"description": NASTY, "summary": NASTY}
        await route.fulfill(body=json.dumps(document), content_type="application/json")

    async with a_page(browser, viewport=DESK) as page:
        await page.route("**/openapi.json", described)
        await page.goto(f"{page_url}/docs#get_list_state_machines")
        prose = page.locator("#get_list_state_machines .prose").first
        await expect(prose.locator("li")).to_have_text(["one", "two"])
        await expect(prose.locator("strong")).to_have_text("bold")
        await expect(prose.locator("code")).to_have_text("code")
        await expect(prose).to_contain_text("<img src=x onerror=alert(1)>[x](javascript:alert(1))")
        assert await page.locator("main img, main a[href^=javascript]").count() == 0


async def test_a_document_that_can_t_be_read_leaves_the_other(
    browser: Browser, page_url: str
) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.route("**/asyncapi.json", lambda route: route.fulfill(status=503, body="{}"))
    await page.goto(f"{page_url}/docs")
    await expect(page.get_by_role("alert")).to_contain_text("asyncapi.json can't be shown")
    await expect(page.get_by_text("/v1/executions/{execution}/stop")).to_be_visible()
    await context.close()
