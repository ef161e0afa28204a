"""The view of state machines as nobody would write them, and as somebody does."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.chromium import a_page
from tests.e2e.processes import Process

from .odd_machines import BIG, MARKUP, STATE, write_odd_machines

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def odd_url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("odd") / "machines"
    mocks = write_odd_machines(folder)
    with Process(["dev", str(folder), "--port", "0", "--mocks", str(mocks)], {}) as process:
        yield process.url


async def started_input(page: Page, url: str) -> str:
    """What the page has just started with, as the service shows it."""
    await expect(page.locator("main")).to_have_attribute("data-view", "execution")
    execution = page.url.partition("#/executions/")[2].partition("/")[0]
    answer = await page.request.get(f"{url}/v1/executions/{execution}")
    return re.sub(r"\s", "", await answer.text())


async def test_markup_stays_text_and_numbers_as_they_were_written(
    browser: Browser, odd_url: str
) -> None:
    async with a_page(browser) as page:
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await page.goto(f"{odd_url}#/machines/odd/definition")
        await expect(page.locator(".definition-line .name").last).to_have_text(f'"{STATE}"')
        await expect(page.get_by_text(MARKUP).first).to_be_visible()
        await page.get_by_role("tab", name="Start").click()
        await expect(page.get_by_label("Big")).to_have_value(BIG)
        await expect(page.get_by_label("Price")).to_have_value("1.10")
        await expect(page.get_by_label(f"Title {MARKUP}")).to_have_value("")
        await page.get_by_role("button", name=re.compile("onerror")).click()
        await expect(page.get_by_label(f"Title {MARKUP}")).to_have_value(MARKUP)
        await page.get_by_role("button", name=re.compile(f"^Big {BIG[:8]}")).click()
        await page.get_by_role("tab", name="JSON").click()
        field = page.get_by_label("Input (JSON)")
        await expect(field).to_have_value(re.compile(f'"big": {BIG},\n  "price": 1.10,'))
        await page.get_by_role("tab", name="Form").click()
        await page.get_by_label("Price").fill("2.50")
        await page.get_by_role("button", name="Start", exact=True).click()
        shown = await started_input(page, odd_url)
        assert f'"big":{BIG},"price":2.50' in shown
        assert '"more":[1.0,null]' in shown
        assert dialogs == []


async def test_a_form_asks_for_whatever_a_schema_says(browser: Browser, odd_url: str) -> None:
    async with a_page(browser, expected="a status of 422") as page:
        await page.goto(f"{odd_url}#/machines/odd/start")
        await page.get_by_role("button", name="Empty").click()
        await page.get_by_label("Big").fill("7")
        await page.get_by_label("Street").fill("Main")
        await page.get_by_role("button", name="Add Address").click()
        await page.get_by_label("Street").last.fill("Side")
        await page.get_by_role("radio", name="Yes").check(force=True)
        await page.get_by_label("Payment").select_option("Invoice")
        await page.get_by_label("Days").select_option("14")
        await page.get_by_role("button", name="Add Labels").click()
        labels = page.get_by_role("group", name="Labels")
        await labels.get_by_label("Another member").fill("__proto__")
        await page.keyboard.press("Enter")
        await page.get_by_label("__proto__", exact=True).fill("kept")
        await page.get_by_label("Free").fill('{"deep": [1.0')
        start = page.get_by_role("button", name="Start", exact=True)
        await start.click()
        await expect(page.get_by_label("Free")).to_be_focused()
        await expect(page.get_by_label("Free")).to_have_accessible_description(
            re.compile("Is not JSON yet")
        )
        await page.get_by_label("Free").fill('{"deep": [1.0]}')

        # The rule that no form shows is the service's to tell, at the field it is about.
        await start.click()
        nick = page.get_by_label("Nick")
        await expect(nick).to_be_focused()
        await expect(nick).to_have_accessible_description(re.compile("Is needed"))
        await page.get_by_role("checkbox", name="null").check()
        await start.click()
        shown = await started_input(page, odd_url)
        assert (
            '"input":{"big":7,"urgent":true,"nick":null,'
            '"address":{"street":"Main","other":{"street":"Side"}},'
            '"pay":{"kind":"invoice","days":14},"labels":{"__proto__":"kept"},'
            '"free":{"deep":[1.0]}}'
        ) in shown


async def test_what_nobody_answers_is_said_and_a_test_case_answers_it(
    browser: Browser, odd_url: str
) -> None:
    async with a_page(browser) as page:
        await page.goto(f"{odd_url}#/machines/unanswered/start")
        notice = page.get_by_text("One task is answered by nobody here")
        await notice.click()
        await expect(page.get_by_text("arn:aws:states:::http:invoke").first).to_be_visible()
        await page.get_by_label("Test case").select_option("Answered")
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.locator("main")).to_have_attribute("data-view", "execution")
        await expect(page.get_by_text("SUCCEEDED").first).to_be_visible()


async def test_a_folder_that_was_left_out_says_why(browser: Browser, odd_url: str) -> None:
    async with a_page(browser, expected="a status of 404") as page:
        await page.goto(f"{odd_url}#/machines/left-out")
        await expect(page.get_by_text("was left out")).to_be_visible()
        await expect(page.get_by_text(re.compile("Nowhere"))).to_be_visible()


async def test_of_a_long_definition_only_what_is_in_sight_is_drawn(
    browser: Browser, odd_url: str
) -> None:
    async with a_page(browser, viewport={"width": 1000, "height": 900}) as page:
        await page.goto(f"{odd_url}#/machines/many/definition")
        lines = page.locator(".definition-line")
        await expect(lines.first).to_be_visible()
        await page.goto(f"{odd_url}#/machines/many/definition?state=S299")
        last = page.locator(".definition-line.mine").first
        await expect(last).to_contain_text('"S299": {')
        await expect(last).to_be_in_viewport()
        assert await lines.count() < 300
        await page.get_by_role("button", name="Fold states").click()
        await expect(page.get_by_text('"S0": { …')).to_be_visible()
