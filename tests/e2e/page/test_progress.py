"""How far an execution is, how long it still takes, and what it came to, in its head."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.e2e.chromium import a_page

from .axe import violations
from .executions import ask, open_execution, order, start, status

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARKUP = "<img src=x onerror=alert(1)>"
TOLD: dict[str, Any] = {
    "fraction": 0.629,
    "remaining_s": 170.0,
    "typical_s": 240.0,
    "overdue": False,
    "transitions": 41,
    "usd": 0.001025,
    "at_least": True,
    "events": 20_200,
    "events_left": 4_800,
    "warning": None,
}


async def test_it_grows_to_the_end_and_says_what_it_came_to(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, reduced_motion="reduce") as page:
        execution = await start(page, page_url, "order-fulfilment", order())
        await open_execution(page, page_url, execution)
        bar, spent = (
            page.get_by_role("progressbar", name="Progress"),
            page.locator(".progress-spent"),
        )
        await expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^[1-9]\d?$"))
        waiting = (await ask(page, f"{page_url}/v1/executions/{execution}"))["progress"]
        await expect(spent).to_contain_text(f"{waiting['transitions']} transitions")
        still = "(bar) => getComputedStyle(bar.querySelector('rect')).transitionDuration"
        assert await bar.evaluate(still) == "0s"
        await page.get_by_role("button", name="Approve and ship").click()
        await expect(status(page)).to_have_text("SUCCEEDED")
        await expect(bar).to_have_attribute("aria-valuenow", "100")
        await expect(bar).to_have_attribute("aria-valuetext", "over")
        ended = (await ask(page, f"{page_url}/v1/executions/{execution}"))["progress"]
        await expect(spent).to_contain_text(f"{ended['transitions']} transitions")
        await expect(spent).to_contain_text(f"{ended['events_left']:,} events left")


async def tells(page: Page, **members: Any) -> None:
    """The page hears of this progress, whatever the service says."""

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            message = json.loads(frame)
            for told in (message.get("snapshot"), message.get("execution")):
                if told and "progress" in told:
                    told["progress"] = {**TOLD, **members}
            socket.send(json.dumps(message))

        server.on_message(pass_on)

    await page.route_web_socket("**/v1/ws*", between)


@pytest.mark.parametrize(
    ("members", "text", "far"),
    [
        ({}, "62 %, about 3 min left", "62"),
        ({"overdue": True, "remaining_s": None}, "62 %, overdue: usually takes 4 min", "62"),
        ({"fraction": None}, "about 3 min left", None),
    ],
)
async def test_it_is_said_in_words_to_everybody(
    browser: Browser, page_url: str, members: dict[str, Any], text: str, far: str | None
) -> None:
    async with a_page(browser) as page:
        await tells(page, warning=f"Stop it: {MARKUP}", **members)
        execution = await start(page, page_url, "order-fulfilment", order())
        await open_execution(page, page_url, execution)
        bar = page.get_by_role("progressbar", name="Progress")
        await expect(bar).to_have_attribute("aria-valuetext", text)
        await expect(page.locator(".progress-far")).to_have_text(text)
        assert await bar.get_attribute("aria-valuenow") == far
        await expect(page.locator(".progress-spent span")).to_have_text(
            ["41 transitions", "at least $0.001", "4,800 events left"]
        )
        warning = page.locator(".progress-warning")
        await expect(warning).to_have_text(f"Stop it: {MARKUP}")
        assert await violations(page) == []


async def test_what_is_not_known_takes_no_room(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        nothing = {"fraction": None, "remaining_s": None}
        await tells(page, **nothing, transitions=None, usd=None, events_left=None, events=9)
        execution = await start(page, page_url, "order-fulfilment", order())
        await open_execution(page, page_url, execution)
        await expect(page.locator(".progress-spent")).to_have_text("9 events")
        await expect(page.get_by_role("progressbar")).to_have_count(0)
        await expect(page.locator(".progress-warning")).to_have_count(0)
