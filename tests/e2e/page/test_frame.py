"""The page's frame: views by address, what is at no address, the bar, the keys, the transfer."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, Response, expect

from tests.e2e.chromium import a_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_BYTES = 69 * 1024  # with Preact, htm, dagre and the JavaScript client
MOST_FILES = 8
NOTHING_WAITS = {
    "tasks": [],
    "total": 0,
    "complete": True,
    "as_of": "2026-07-01T12:00:00Z",
    "state_machines": [],
    "unlisted": [],
}
NOTHING_MORE: Any = {"body": "export const StateDetails = null;", "content_type": "text/javascript"}
FILTER = """() => {
  const filter = document.createElement("input");
  filter.dataset.filter = "";
  filter.setAttribute("aria-label", "Filter");
  document.querySelector("main").prepend(filter);
}"""


async def test_every_view_has_an_address(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(page_url)
        await expect(page.get_by_role("heading", level=1)).to_have_text("State machines")
        await page.get_by_role("link", name="price-check").first.click()
        await expect(page.locator("main")).to_have_attribute("data-view", "machine")
        assert page.url.endswith("#/machines/price-check")
        await page.goto(f"{page_url}#/nowhere")
        await expect(page.get_by_text("There is nothing at this address.")).to_be_visible()
        await page.go_back()
        await expect(page.locator("main")).to_have_attribute("data-view", "machine")


async def test_another_view_begins_at_its_top_with_the_focus_on_its_heading(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, viewport={"width": 390, "height": 240}) as page:
        await page.goto(page_url)
        link = page.get_by_role("main").get_by_role("link", name="price-check").first
        await link.scroll_into_view_if_needed()
        await page.mouse.wheel(0, 2_000)
        await link.evaluate("it => it.click()")
        heading = page.get_by_role("heading", level=1)
        await expect(heading).to_have_text("price-check")
        await expect(heading).to_be_focused()
        assert await page.evaluate("scrollY") == 0


async def test_long_names_leave_the_bar_s_end_where_it_is_on_a_phone(
    browser: Browser, page_url: str
) -> None:
    id = "order-fulfilment:8f14e45f-ceea-467f-9575-2f1d9a3d2c11-and-quite-some-more"
    options = {"viewport": {"width": 390, "height": 844}}
    async with a_page(browser, expected="status of 404", **options) as page:
        await page.goto(f"{page_url}#/executions/{id}")
        name = id.partition(":")[2]
        crumb = page.get_by_role("link", name=name, exact=True)
        settings = page.get_by_role("button", name="Looks and keys")
        await crumb.wait_for()
        left, right = await crumb.bounding_box(), await settings.bounding_box()
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]
        assert right["x"] + right["width"] <= 390
        assert await crumb.text_content() == name


async def test_light_and_dark_are_chosen_by_keyboard_and_kept(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, color_scheme="light") as page:
        await page.goto(page_url)
        light = await ground(page)
        settings = page.get_by_role("button", name="Looks and keys")
        await settings.focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitemradio", name="As the system")).to_be_focused()
        await page.keyboard.press("d")
        await expect(page.get_by_role("menuitemradio", name="Dark")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(settings).to_be_focused()
        dark = await ground(page)
        assert dark != light
        await page.reload()
        assert await ground(page) == dark
        await settings.click()
        await expect(page.get_by_role("menuitemradio", name="As the system")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(settings).to_be_focused()
        await expect(page.get_by_role("menu")).to_have_count(0)


async def test_keys_lead_through_the_page(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(f"{page_url}#/machines/price-check")
        await page.get_by_role("heading", level=1).wait_for()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.type("go")
        await expect(page.locator("main")).to_have_attribute("data-view", "overview")
        await page.get_by_role("heading", level=1).wait_for()
        if not await page.locator("[data-filter]").count():
            await page.evaluate(FILTER)
        await page.keyboard.press("/")
        await page.keyboard.type("go?/")
        await expect(page.locator("[data-filter]").first).to_have_value("go?/")


async def test_a_service_that_nobody_reaches_is_said_to_be_until_it_is(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, expected="ERR_INTERNET_DISCONNECTED") as page:
        await page.goto(page_url)
        link = page.get_by_role("main").get_by_role("link", name="price-check").first
        await link.wait_for()
        await page.context.set_offline(True)
        await link.click()
        said = page.locator(".reach")
        await expect(said).to_contain_text("can't be reached")
        await page.context.set_offline(False)
        await expect(said).to_be_empty(timeout=15_000)
        await page.get_by_role("button", name="Reload").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("price-check")

        # What is only read once is read by itself then.
        await page.get_by_role("tab", name="Graph").wait_for()
        await page.context.set_offline(True)
        await page.goto(f"{page_url}#/machines/loan-quote")
        await expect(page.get_by_role("alert")).to_contain_text("The service can't be reached.")
        await expect(said).to_contain_text("can't be reached")
        await page.context.set_offline(False)
        await expect(page.get_by_role("tab", name="Graph")).to_be_visible(timeout=15_000)
        await expect(page.get_by_text("The service can't be reached.")).to_have_count(0)


async def test_overview_and_execution_together_are_light(browser: Browser, page_url: str) -> None:
    """Compressed, as a reader who has never been here loads them until both are drawn, where
    nothing waits, what the graph's worker loads too; with no request elsewhere."""
    answers: list[Response] = []
    async with a_page(browser) as page:
        await page.route("**/v1/tasks?*", lambda route: route.fulfill(json=NOTHING_WAITS))
        await page.route("**/state_details.js", lambda route: route.fulfill(**NOTHING_MORE))
        page.context.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 Playwright's wish
        machine = f"{page_url}/v1/state-machines/orchestration-dev"
        body = {"input": {"message": "hello"}}
        started = await page.request.post(f"{machine}/executions", data=body)
        id = (await started.json())["execution"]
        await page.goto(page_url)
        await page.get_by_role("heading", level=1).wait_for()
        await page.goto(f"{page_url}#/executions/{id}")
        await expect(page.locator("main")).to_have_attribute("data-view", "execution")
        await page.locator(".node").first.wait_for()
        files = {
            answer.url: answer
            for answer in answers
            if "/v1/" not in answer.url and "state_details" not in answer.url  # comes afterwards
        }
        heads = {url: await answer.all_headers() for url, answer in files.items()}
    assert all(url.startswith(page_url) for url in heads)
    sizes = {url: int(head["content-length"]) for url, head in heads.items()}
    assert any("layout_worker" in url for url in sizes)
    largest = sorted(sizes.items(), key=lambda each: -each[1])
    assert sum(sizes.values()) <= MOST_BYTES, largest
    assert len(sizes) <= MOST_FILES, largest


async def ground(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
