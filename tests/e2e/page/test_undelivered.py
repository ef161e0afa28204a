"""News that could not be delivered, on the overview: seen, sent again, dropped by whoever may."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from handrail.auth.api_keys import digest_of
from tests.e2e.chromium import a_page
from tests.e2e.processes import Process
from tests.webhooks.receiver import Receiver, receiving

from .axe import violations
from .executions import order

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPERATOR, READER = "hr_operator", "hr_reader"
DEADLINE_S = 30.0
MARKUP = "<img src=x onerror=alert(1)>"
SECRET = "whsec_" + "A" * 32
KEYS = [
    {"name": "ada", "sha256": digest_of(OPERATOR).hex(), "scopes": ["read", "start", "operate"]},
    {"name": "eve", "sha256": digest_of(READER).hex(), "scopes": ["read"]},
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(browser: Browser) -> AsyncIterator[tuple[Receiver, str]]:
    """Where `handrail dev` serves, which tells the receiver of what fails."""
    async with receiving() as receiver:
        with telling(receiver) as process:
            yield receiver, process.url


@contextmanager
def telling(receiver: Receiver) -> Iterator[Process]:
    entry = {"on": ["failed", "aborted"], "url": f"{receiver.url}/hook/s3cret", "secret": SECRET}
    variables: dict[str, str | None] = {
        "HANDLER_PACE": "0",
        "HANDRAIL_NOTIFY": json.dumps([entry]),
        "HANDRAIL_AUTH": "api-key",
        "HANDRAIL_API_KEYS": json.dumps(KEYS),
    }
    with Process(["dev", "--port", "0"], variables) as process:
        yield process


async def sign_in(page: Page, key: str) -> None:
    await page.get_by_label("API key or token").fill(key)
    await page.get_by_role("button", name="Use it").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def stopped(page: Page, url: str, name: str) -> None:
    """An order that waits for somebody is stopped, and the news of it given up."""
    headers = {"Authorization": f"Bearer {OPERATOR}"}
    path = f"{url}/v1/state-machines/order-fulfilment/executions?wait=20"
    data = {"name": name, "input": order()}
    assert (await page.request.post(path, data=data, headers=headers)).status == 202
    stop = f"{url}/v1/executions/order-fulfilment:{name}/stop"
    assert (await page.request.post(stop, data={}, headers=headers)).ok
    async with asyncio.timeout(DEADLINE_S):
        while True:
            news = await (await page.request.get(f"{url}/v1/news", headers=headers)).json()
            if name in {each["execution"].partition(":")[2] for each in news["dead"]}:
                return
            await asyncio.sleep(0.05)


async def test_what_was_given_up_is_sent_again_or_dropped_by_whoever_may(
    browser: Browser, told: tuple[Receiver, str]
) -> None:
    receiver, url = told
    async with a_page(browser) as page:
        receiver.answers.extend([410, 410])  # nothing is wanted there any more: given up at once
        for name in ("one", "two"):
            await stopped(page, url, name)
        await page.goto(url)
        await sign_in(page, READER)
        section, rows = page.locator(".undelivered"), page.locator(".undelivered li")
        await expect(section.get_by_role("heading")).to_have_text("2 news were given up")
        await expect(rows.get_by_role("link")).to_have_text(
            ["order-fulfilment:two", "order-fulfilment:one"]
        )
        await expect(rows.first).to_contain_text("given up after 1 try")
        await expect(rows.first).to_contain_text("answered 410")
        await expect(rows.first).to_contain_text("127.0.0.1")
        await expect(section).not_to_contain_text("hook")
        await expect(section.get_by_role("button")).to_have_count(0)

        await page.evaluate("sessionStorage.clear()")
        await page.reload()
        await sign_in(page, OPERATOR)
        await expect(section.get_by_role("button")).to_have_count(4)
        assert await violations(page) == []
        receiver.came.clear()
        one = rows.filter(has_text="order-fulfilment:one")
        await one.get_by_role("button", name="Retry").click()
        await expect(rows).to_have_count(1)
        async with asyncio.timeout(DEADLINE_S):
            await receiver.came.wait()
        ids = [headers["webhook-id"] for headers, _ in receiver.requests]
        assert ids[2] == ids[0] != ids[1]

        await rows.get_by_role("button", name="Drop").click()
        await page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
        await expect(section).to_have_count(0)
        assert len(receiver.requests) == 3


def delivery(name: str, **members: Any) -> dict[str, Any]:
    known = {"state_machine": "order", "execution": f"order:{name}", "target": "https://a.example"}
    tried = {"attempts": 3, "problem": MARKUP, "kinds": [f"state:{MARKUP}.failed"]}
    return {"key": f"k:{name}", "at": "2026-11-28T03:00:00.000Z", **known, **tried, **members}


async def test_what_fails_again_and_again_is_shown_and_a_refusal_is_said(
    browser: Browser, told: tuple[Receiver, str]
) -> None:
    """By answers made up here: so often nothing fails within seconds."""
    young = delivery("young", attempts=2)
    late, gone = delivery("late"), delivery("gone", target=None, given_up_at="2026-11-28T03:01:00Z")
    news = {"counts": {"waiting": 2, "dead": 1}, "waiting": [young, late], "dead": [gone]}
    refused = {"title": "Forbidden", "status": 403, "detail": f"Not you: {MARKUP}", "code": "x"}

    async def answered(route: Route) -> None:
        if route.request.method == "GET":
            await route.fulfill(json={**news, "sends": True, "next_page": None})
        else:
            await route.fulfill(status=403, json=refused)

    _, url = told
    async with a_page(browser, expected="403") as page:
        await page.route("**/v1/news**", answered)
        await page.goto(url)
        await sign_in(page, OPERATOR)
        section, rows = page.locator(".undelivered"), page.locator(".undelivered li")
        await expect(section.get_by_role("heading")).to_have_text(
            "1 news was given up, 2 wait to be delivered"
        )
        await expect(rows.get_by_role("link")).to_have_text(["order:gone", "order:late"])
        await expect(rows.first).to_contain_text("a subscription that is gone")
        await expect(rows.last).to_contain_text(f"failing after 3 tries: {MARKUP}")
        await rows.last.get_by_role("button", name="Retry").click()
        await expect(section.get_by_role("alert")).to_contain_text(f"Not you: {MARKUP}")
