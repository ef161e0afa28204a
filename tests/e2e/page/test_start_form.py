"""Executions are started from the page: by form, by JSON, by examples, by keyboard alone."""

import json
import re

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.chromium import a_page
from tests.e2e.processes import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHEMA = json.loads((ROOT / "state_machines/order-fulfilment/machine.json").read_text())[
    "input_schema"
]


async def open_start(page: Page, url: str, machine: str) -> None:
    await page.goto(f"{url}#/machines/{machine}/start")
    await expect(page.get_by_role("form", name="Start an execution")).to_be_visible()


async def test_every_example_fills_the_form_and_the_json(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await open_start(page, page_url, "order-fulfilment")
        for example in SCHEMA["examples"]:
            await page.get_by_role("tab", name="Form").click()
            chosen = page.get_by_role("button", name=re.compile(f"^{example['order_id']}"))
            await chosen.click()
            await expect(chosen).to_have_attribute("aria-pressed", "true")
            await expect(page.get_by_label("Customer")).to_have_value(example["customer"])
            await expect(page.get_by_label("Id", exact=True)).to_have_count(len(example["parcels"]))
            await page.get_by_role("tab", name="JSON").click()
            text = await page.get_by_label("Input (JSON)").input_value()
            assert json.loads(text) == example
        await page.get_by_role("button", name="Empty").click()
        text = await page.get_by_label("Input (JSON)").input_value()
        assert json.loads(text) == {"card": "tok_visa", "parcels": [{}]}


async def test_what_is_wrong_is_said_at_its_field_in_words(browser: Browser, page_url: str) -> None:
    async with a_page(browser, expected="a status of 422") as page:
        await open_start(page, page_url, "loan-quote")
        start = page.get_by_role("button", name="Start", exact=True)
        income, months = page.get_by_label("Yearly income"), page.get_by_label("Months")
        await page.get_by_label("Applicant").fill("")
        await income.fill("much")
        await months.fill("3")
        await start.click()
        summary = page.get_by_role("alert")
        await expect(summary).to_contain_text("3 parts of the input can't be sent as they are.")
        await expect(page.get_by_label("Applicant")).to_be_focused()
        await expect(income).to_have_accessible_description(re.compile("Must be a number."))
        await expect(months).to_have_accessible_description(re.compile("Must be at least 6."))
        await page.get_by_label("Applicant").fill("Ada")
        await income.fill("64000")
        await months.fill("12")
        await expect(months).not_to_have_attribute("aria-invalid", "true")

        # What only the service knows is placed by it: a bank that is asked twice.
        await page.get_by_role("button", name="Add Banks").click()
        await page.get_by_role("button", name="Remove Item 3").click()
        await page.get_by_role("textbox", name="Item 1").fill("Harbour")
        await page.get_by_role("textbox", name="Item 2").fill("Harbour")
        await start.click()
        await expect(summary).to_contain_text("breaks the state machine's schema in one place")
        banks = page.get_by_role("group", name="Banks")
        await expect(banks).to_contain_text("Has the same item twice.")

        await page.get_by_role("tab", name="JSON").click()
        field = page.get_by_label("Input (JSON)")
        await field.fill('{"applicant": "Ada",\n "income": 1,}')
        told = "Line 2, column 14: the comma before it is too much."
        await expect(field).to_have_accessible_description(told)
        await start.click()
        await expect(field).to_be_focused()
        await page.get_by_role("tab", name="Form").click()
        await expect(page.get_by_text("The JSON can't be read yet")).to_be_visible()
        await page.get_by_role("tab", name="JSON").click()
        await field.fill('{"applicant":"Ada","income":1.50}')
        await page.get_by_role("button", name="Format").click()
        await expect(field).to_have_value('{\n  "applicant": "Ada",\n  "income": 1.50\n}')


async def test_an_order_is_started_by_keyboard_alone(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await open_start(page, page_url, "order-fulfilment")
        await page.get_by_role("tab", name="Start").focus()
        await tab_to(page, "A-1002")
        await page.keyboard.press("Enter")
        await tab_to(page, "Amount")
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.type("90.10")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_have_attribute("data-view", "execution")
        execution = page.url.partition("#/executions/")[2]
        answer = await page.request.get(f"{page_url}/v1/executions/{execution}")
        assert '"amount":90.10' in (await answer.text()).replace(" ", "")


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what is called so."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate(
            "name => [document.activeElement, ...(document.activeElement.labels ?? [])]"
            ".some(it => it.textContent.trim().startsWith(name))",
            name,
        ):
            return
    raise AssertionError(f"No Tab leads to {name}.")


async def test_a_start_without_an_answer_is_tried_again_as_the_same(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, expected="ERR_FAILED") as page:
        keys: list[str | None] = []

        async def fail(route: Route) -> None:
            keys.append(await route.request.header_value("Idempotency-Key"))
            await route.abort()

        starts = re.compile("orchestration-dev/executions$")
        await page.route(starts, fail)
        await open_start(page, page_url, "orchestration-dev")
        start = page.get_by_role("button", name="Start", exact=True)
        await start.click()
        await expect(page.get_by_role("alert")).to_contain_text("can't be reached")
        await page.unroute(starts)
        async with page.expect_request(starts) as asked:
            await start.click()
        key = await (await asked.value).header_value("Idempotency-Key")
        assert {*keys} == {key}
        await expect(page.locator("main")).to_have_attribute("data-view", "execution")


async def test_an_express_execution_is_waited_for(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await open_start(page, page_url, "price-check")
        run = page.get_by_role("button", name="Start and wait")
        await run.click()
        outcome = page.get_by_role("region", name="How it ended")
        await expect(outcome.get_by_text("SUCCEEDED")).to_be_visible()
        await expect(outcome).to_contain_text('"article": "lamp"')
        await expect(outcome.get_by_role("heading", name="How it ended")).to_be_focused()
        await page.get_by_label("Article").fill("unicorn")
        await run.click()
        await expect(outcome.get_by_text("FAILED")).to_be_visible()
        await expect(outcome).to_contain_text("UnknownArticle")
        assert page.url.endswith("#/machines/price-check/start")
