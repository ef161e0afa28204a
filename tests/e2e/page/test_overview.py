"""The overview: what waits for somebody, state machines with how they go, live."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.chromium import a_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

XSS = "<img src=x onerror=alert(1)>"
MACHINES = ["document-review", "loan-quote", "orchestration-dev", "order-fulfilment", "price-check"]
PHONE = {"width": 390, "height": 844}


async def start(page: Page, url: str, machine: str, input: Any, name: str) -> str:
    answer = await page.request.post(
        f"{url}/v1/state-machines/{machine}/executions", data={"input": input, "name": name}
    )
    assert answer.status == 202, await answer.text()
    return str((await answer.json())["execution"])


def order(**members: Any) -> dict[str, Any]:
    parcels = [{"id": "P-1"}]
    known = {"order_id": XSS, "customer": "Ada", "amount": 4200, "card": "tok_visa"}
    return {**known, "parcels": parcels, **members}


async def test_what_waits_is_one_click_away_and_gone_when_it_is_answered(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser) as page:
        name = f"waits-{uuid4()}"
        execution = await start(page, page_url, "order-fulfilment", order(), name)
        await page.goto(page_url)
        await expect(page.get_by_role("heading", level=1)).to_have_text("State machines")
        waiting = page.locator(".waiting-task", has_text=name)
        await expect(waiting).to_contain_text(f"Approve order {XSS}")
        await expect(waiting).to_contain_text("Customer Ada")
        row = page.locator(".machine", has_text="order-fulfilment")
        dot = row.locator(f'.dots a[href$="{name}"]')
        await expect(dot).to_have_attribute("data-status", "RUNNING")
        await expect(dot).to_have_accessible_name(f"running, started just now, {name}")

        await waiting.get_by_role("link").click()
        assert page.url.endswith(f"#/executions/{execution}/WaitForApproval")
        await page.go_back()
        await expect(waiting).to_be_visible()
        (task,) = (await (await page.request.get(f"{page_url}/v1/executions/{execution}")).json())[
            "tasks"
        ]
        done = f"{page_url}/{task['links']['success'].lstrip('/')}"
        said = {"output": {"approved": True, "approved_by": "Ada"}}
        assert (await page.request.post(done, data=said)).status == 200
        await expect(waiting).to_have_count(0)
        await expect(dot).to_have_attribute("data-status", "SUCCEEDED")


async def test_every_state_machine_is_named(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(page_url)
        await expect(page.locator(".machine a[data-row]")).to_have_text(MACHINES)


async def test_rows_are_filtered_and_gone_through_by_keys(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await start(page, page_url, "orchestration-dev", {}, f"keys-{uuid4()}")
        await page.goto(page_url)
        await expect(page.locator(".machine")).to_have_count(5)
        await page.locator("main").focus()
        await page.keyboard.press("/")
        await page.keyboard.type("PRICE")
        await expect(page.locator(".machine")).to_have_count(1)
        assert page.url.endswith("#/?q=PRICE")
        express = page.locator(".machine", has_text="price-check")
        await expect(express).to_contain_text("AWS keeps no list of Express executions.")
        await page.reload()
        await expect(page.locator(".machine")).to_have_count(1)
        await page.get_by_label("Filter by name").fill("nothing-is-called-so")
        await page.get_by_role("button", name="Show all 5").click()
        await expect(page.locator(".machine")).to_have_count(5)

        links = page.locator(".machine a[data-row]")
        await links.first.focus()
        await page.keyboard.press("End")
        await expect(links.last).to_be_focused()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowUp")
        machine = page.locator('.machine a[data-row="orchestration-dev"]')
        its_dots = page.locator('.machine:has(a[data-row="orchestration-dev"]) .dots a')
        await expect(its_dots).not_to_have_count(0)
        await expect(machine).to_be_focused()
        await expect(machine).to_have_attribute("tabindex", "0")
        await expect(page.locator('.machine a[tabindex="0"]')).to_have_count(1)
        await page.keyboard.press("ArrowRight")
        assert await page.evaluate("document.activeElement.matches('.dots a')")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Enter")
        assert page.url.endswith("#/machines/orchestration-dev")


async def test_an_execution_is_opened_by_its_id_or_arn(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(page_url)
        field = page.get_by_label("Open an execution by its id or ARN")
        await field.fill("orders")
        await field.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("That is no execution")
        await field.fill("arn:aws:states:us-east-1:123456789012:execution:loan-quote:one")
        await field.press("Enter")
        assert page.url.endswith("#/executions/loan-quote:one")


async def test_only_what_is_in_sight_is_asked_for(browser: Browser, page_url: str) -> None:
    machines = [
        {"name": f"m-{number:03}", "type": "STANDARD", "description": XSS} for number in range(200)
    ]
    async with a_page(browser) as page:
        asked = set[str]()

        def note(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message["type"] == "subscribe":
                asked.add(message["list"]["state_machine"])

        async def catalogue(route: Route) -> None:
            await route.fulfill(json={"state_machines": machines, "problems": []})

        async def asked_for(name: str) -> None:
            async with asyncio.timeout(10):
                while name not in asked:  # noqa: ASYNC110 - no event tells of a frame
                    await asyncio.sleep(0.02)

        page.on("websocket", lambda socket: socket.on("framesent", note))
        await page.route("**/v1/state-machines", catalogue)
        await page.goto(page_url)
        await expect(page.locator(".machine")).to_have_count(200)
        await asked_for("m-009")
        assert len(asked) < 40, sorted(asked)
        await page.locator(".machine").last.scroll_into_view_if_needed()
        await asked_for("m-199")
        assert len(asked) < 80, sorted(asked)
        first = page.locator(".machine").first
        await first.scroll_into_view_if_needed()
        await expect(first).to_contain_text("No state machine of this name")


async def test_what_is_missing_is_said(browser: Browser, page_url: str) -> None:
    answer: dict[str, Any] = {"state_machines": [], "problems": []}
    async with a_page(browser, viewport=PHONE) as page:

        async def catalogue(route: Route) -> None:
            await route.fulfill(json=answer)

        await page.route("**/v1/state-machines", catalogue)
        await page.goto(page_url)
        await expect(page.get_by_text("There is no state machine yet.")).to_be_visible()
        await expect(page.get_by_text("handrail init", exact=True)).to_be_visible()
        answer["problems"] = [
            {"folder": "broken", "name": XSS, "state": "Pay", "reason": f"No such state: {XSS}"}
        ]
        await page.reload()
        left_out = page.get_by_role("region", name="One folder was left out")
        await expect(left_out).to_contain_text(f"No such state: {XSS}")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
