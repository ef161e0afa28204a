"""Signed links in a real browser: what the button says is what happens, and only by our page."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from playwright.async_api import Browser, Page

from handrail.auth.api_keys import digest_of

from .chromium import a_page
from .prefix_proxy import below_a_prefix
from .processes import Process, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

API_KEY = "hr_" + "k" * 43
ALL = ["read", "start", "operate", "complete"]
KEYS = json.dumps([{"name": "shop", "sha256": digest_of(API_KEY).hex(), "scopes": ALL}])
LINKS = {"HANDRAIL_LINK_KEYS": f"k1:{'0123456789abcdef' * 2}"}
QUICK = {"HANDLER_PACE": "0", **LINKS}
AUTH = {"HANDRAIL_AUTH": "api-key", "HANDRAIL_API_KEYS": KEYS}
ORDER: dict[str, Any] = {
    "order_id": "A-1 <b>&</b>",
    "customer": "Grace",
    "amount": 4200,
    "card": "tok_visa",
    "parcels": [{"id": "p1"}],
}
TOKYO = ZoneInfo("Asia/Tokyo")
PHONE = {"width": 390, "height": 844}
GREEN, RED = "rgb(11, 110, 99)", "rgb(180, 35, 24)"
"""Of the buttons, where the sheet was found."""

ADA = "ada@example.com"
ATTACKER = "http://attacker.example/"


@dataclass(frozen=True, slots=True)
class Shop:
    """A service and whoever starts its orders."""

    url: str
    engine: str
    headers: dict[str, str] = field(default_factory=dict)

    async def order(self) -> tuple[str, str]:
        """An order that waits to be approved, and the link that was mailed for it."""
        path = "/v1/state-machines/order-fulfilment/executions?wait=20"
        started = await self.call("POST", path, {"input": ORDER})
        (task,) = started["tasks"]
        id = started["execution"]
        path = f"/v1/executions/{id}/tasks/{task['event_id']}/links"
        link = await self.call("POST", path, {"for": ADA})
        return id, link["url"]

    async def result(self, id: str) -> str:
        """What became of the order, once its execution has ended."""
        after = ""
        while True:
            path = f"/v1/executions/{id}/events?wait=20{after}"
            read = await self.call("GET", path)
            if read["complete"]:
                break
            after = f"&after={read['cursor']}"
        output = (await self.call("GET", f"/v1/executions/{id}"))["output"]
        return str(output["status"])

    async def waits(self, id: str) -> bool:
        return bool((await self.call("GET", f"/v1/executions/{id}/tasks"))["tasks"])

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        async with (
            aiohttp.ClientSession(self.url, headers=self.headers) as http,
            http.request(method, path, json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()
            return await answer.json()


@pytest.fixture(scope="module")
def shop(browser: Browser) -> Iterator[Shop]:
    """Nobody is asked who they are, as `handrail dev` has it."""
    with Process(["dev", "--port", "0"], dict(QUICK)) as process:
        assert process.child.stdout is not None
        said = (process.child.stdout.readline() for _ in range(3))
        engine = re.search(r"engine +(http://\S+)", "".join(said))
        assert engine is not None
        yield Shop(process.url, engine[1])


@pytest.fixture(scope="module")
def locked_shop(shop: Shop) -> Iterator[Shop]:
    """In front of the same engine, and keys are asked for."""
    with serving(shop.engine, **LINKS, **AUTH) as process:
        yield Shop(process.url, shop.engine, {"X-Api-Key": API_KEY})


async def press(page: Page, button: str) -> str:
    """The outcome that the page tells."""
    await page.get_by_role("button", name=button).click()
    return await page.get_by_role("status").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize(
    ("button", "status"), [("Approve and ship", "fulfilled"), ("Reject and refund", "rejected")]
)
async def test_what_the_button_says_happens(
    shop: Shop, browser: Browser, button: str, status: str, scripts: bool
) -> None:
    id, link = await shop.order()
    local = {"timezone_id": TOKYO.key, "locale": "en-GB"}
    async with a_page(browser, java_script_enabled=scripts, **local) as page:
        await page.goto(link)
        assert await page.get_by_role("heading").inner_text() == "Approve order A-1 <b>&</b>?"
        assert await page.get_by_text("Waiting for an answer").inner_text() == (
            f"Waiting for an answer from {ADA}"
        )
        facts = await page.locator("dl.asked > div").all_inner_texts()
        assert [fact.split("\n") for fact in facts] == [
            ["Order", "A-1 <b>&</b>"],
            ["Customer", "Grace"],
            ["Amount", "4200"],
        ]
        until = page.locator(".until time")
        zone, at = await until.inner_text(), await until.get_attribute("datetime")
        assert at is not None
        hours = datetime.fromisoformat(at).astimezone(TOKYO) if scripts else None
        assert ("GMT+9" in zone and f"{hours:%H:%M}" in zone) if hours else zone.endswith(" UTC")
        await page.get_by_label("Comment").fill("<i>Fine</i>")
        assert f"Answered: {button}" in await press(page, button)
        said = await page.locator("dl.asked").inner_text()
        assert "<i>Fine</i>" in said
        assert ADA in said
    assert await shop.result(id) == status


async def test_with_keys_asked_for_the_link_is_enough(locked_shop: Shop, browser: Browser) -> None:
    id, link = await locked_shop.order()
    async with a_page(browser) as page:
        await page.goto(link)
        assert "Answered: Approve and ship" in await press(page, "Approve and ship")
    assert await locked_shop.result(id) == "fulfilled"


async def test_behind_a_prefix_everything_finds_its_way(shop: Shop, browser: Browser) -> None:
    id, link = await shop.order()
    async with below_a_prefix(shop.url) as public, a_page(browser) as page:
        await page.goto(link.replace(shop.url, public) + "/")
        button = page.get_by_role("button", name="Reject and refund")
        assert await button.evaluate("it => getComputedStyle(it).color") == RED
        assert "Answered: Reject and refund" in await press(page, "Reject and refund")
        assert page.url.startswith(public)
    assert await shop.result(id) == "rejected"


async def test_a_second_click_says_that_it_is_answered(shop: Shop, browser: Browser) -> None:
    _, link = await shop.order()
    async with a_page(browser) as first, a_page(browser) as second:
        await first.goto(link)
        await second.goto(link)
        await press(first, "Approve and ship")
        assert "with this same answer" in await press(second, "Approve and ship")
        await second.goto(link)
        assert "nothing left to do" in await second.get_by_role("status").inner_text()
        assert await second.get_by_role("button").count() == 0


async def test_another_answer_than_the_one_that_stands_is_refused(
    shop: Shop, browser: Browser
) -> None:
    id, link = await shop.order()
    async with a_page(browser) as first:
        await first.goto(link)
        other = await first.context.new_page()
        await other.goto(link)
        await press(first, "Approve and ship")
        assert "Already answered otherwise" in await press(other, "Reject and refund")
        assert "Approve and ship" in await other.locator("dl.asked").inner_text()
    assert await shop.result(id) == "fulfilled"


@pytest.mark.parametrize("policy", ["no-referrer", "unsafe-url"])
@pytest.mark.parametrize("locked", [False, True], ids=["no keys", "keys"])
async def test_another_sites_page_answers_for_nobody(
    shop: Shop, locked_shop: Shop, browser: Browser, policy: str, locked: bool
) -> None:
    attacked = locked_shop if locked else shop
    id, link = await attacked.order()
    form = f'<meta name="referrer" content="{policy}"><form method="post" action="{link}">'
    form += '<button name="choice" value="approve">Win</button></form>'
    context = await browser.new_context()
    page = await context.new_page()
    await page.route(ATTACKER, lambda route: route.fulfill(body=form, content_type="text/html"))
    await page.goto(ATTACKER)
    assert "a page of another site" in (await press(page, "Win")).lower()
    await context.close()
    assert await attacked.waits(id)


async def test_a_link_with_a_mails_full_stop_behind_it_works_and_looks_the_same(
    shop: Shop, browser: Browser
) -> None:
    _, link = await shop.order()
    async with a_page(browser, viewport=PHONE) as page:
        for tail in ("", ".", "/", "%3E,"):
            await page.goto(link + tail)
            button = page.get_by_role("button", name="Approve and ship")
            background = await button.evaluate("it => getComputedStyle(it).backgroundColor")
            assert background == GREEN, tail
        assert "Answered" in await press(page, "Approve and ship")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_a_phone_and_is_used_by_keyboard(
    shop: Shop, browser: Browser, scheme: str
) -> None:
    _, link = await shop.order()
    async with a_page(browser, viewport=PHONE, color_scheme=scheme) as page:
        await page.goto(link)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").get_attribute("name") == "output.comment"
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert await focused.inner_text() == "Approve and ship"
        box = await focused.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        await page.keyboard.press("Enter")
        await page.get_by_role("status").wait_for()
        assert await page.locator(":focus").inner_text() == "Answered: Approve and ship"
