"""The execution view's timeline, events, items and children, in Chromium."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.chromium import a_page
from tests.e2e.processes import Process

pytestmark = pytest.mark.asyncio(loop_scope="session")

BIG = 10**20 + 1
JSON = {"Content-Type": "application/json"}
TRACED = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
LOOP: dict[str, Any] = {
    "StartAt": "Count",
    "States": {
        "Count": {
            "Type": "Pass",
            "Parameters": {
                "i.$": "States.MathAdd($.i, 1)",
                "n.$": "$.n",
                "items.$": "States.ArrayRange(1, 60, 1)",
            },
            "Next": "Again?",
        },
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.i", "NumericLessThanPath": "$.n", "Next": "Count"}],
            "Default": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"StartAt": "Odd", "States": {"Odd": {"Type": "Pass", "End": True}}},
            "ResultPath": None,
            "Next": "Child",
        },
        "Child": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Parameters": {
                "StateMachineArn": "arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:inner",
                "Input": {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"},
            },
            "End": True,
        },
    },
}
PICKY: dict[str, Any] = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Check",
                "States": {
                    "Check": {"Type": "Pass", "Parameters": {"v.$": "$.v"}, "Next": "Linger"},
                    "Linger": {"Type": "Wait", "Seconds": 20, "End": True},
                },
            },
            "End": True,
        }
    },
}
"""Of its items the one without `v` fails, when the others have gone on or not."""
INNER = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder: Path = tmp_path_factory.mktemp("machines")
    for name, definition in {"loop": LOOP, "inner": INNER, "picky": PICKY}.items():
        (folder / name).mkdir()
        (folder / name / "definition.asl.json").write_text(json.dumps(definition))
        (folder / name / "machine.json").write_text(json.dumps({"name": name}))
    with Process(["dev", str(folder), "--port", "0"], {}) as process:
        body = f'{{"name": "one", "input": {{"i": 0, "n": 300, "big": {BIG}, "price": 1.10}}}}'
        async with aiohttp.ClientSession(process.url) as http:
            path = "/v1/state-machines/loop/executions?wait=20"
            async with http.post(path, data=body, headers=JSON) as answer:
                assert (await answer.json())["status"] == "SUCCEEDED"
        yield process.url


async def test_a_state_that_failed_shows_the_visit_that_did(browser: Browser, url: str) -> None:
    async with aiohttp.ClientSession(url) as http:
        path = "/v1/state-machines/picky/executions?wait=20"
        items = [{}, *({"v": number} for number in range(60))]
        start = {"name": "one", "input": items}
        async with http.post(path, json=start, headers=TRACED) as answer:
            assert (await answer.json())["status"] == "FAILED"
    async with a_page(browser) as page:
        await page.goto(f"{url}#/executions/picky:one")
        await expect(page.get_by_role("heading", name="Check")).to_be_visible()
        details = page.get_by_role("region", name="Details")
        await expect(details.get_by_text("States.Runtime", exact=True)).to_be_visible()
        await expect(page.locator(".run-trace code")).to_have_text("4bf92f35…")


async def drawn_rows(page: Page) -> int:
    return await page.locator(".event-row").count()


async def test_a_long_execution_is_looked_through(browser: Browser, url: str) -> None:
    async with a_page(browser) as page:
        await page.goto(f"{url}#/executions/loop:one")
        row = page.locator(".timeline-row", has_text="Count")
        await expect(row).to_contain_text("300")
        bars = row.locator(".timeline-bar")
        await expect(bars.first).to_be_attached()
        counts = await bars.evaluate_all("all => all.map(bar => parseInt(bar.title) || 1)")
        assert sum(counts) == 300

        await page.get_by_role("tab", name="Events").click()
        total = page.get_by_label("Events", exact=True).locator(".events-search [role=status]")
        await expect(total).to_contain_text("events")
        events = int((await total.inner_text()).split()[0])
        assert events > 1_300
        assert await drawn_rows(page) < 80
        listed = page.get_by_role("list", name="Events")
        await listed.evaluate("it => it.scrollTop = it.scrollHeight")
        await expect(page.get_by_text("Execution succeeded")).to_be_visible()

        await page.get_by_label("Search the events").fill("task scheduled")
        await expect(total).to_have_text(f"1 of {events} events")
        await page.get_by_label("Search the events").fill("")
        await page.get_by_role("tab", name="Timeline").click()
        await page.locator(".timeline-name", has_text="Each").click()
        assert page.url.endswith("/Each")
        await page.get_by_role("tab", name="Items").click()
        await expect(page.get_by_role("row").nth(50)).to_be_visible()
        await page.get_by_role("button", name="More items").click()
        await expect(page.get_by_role("rowheader", name="#59")).to_be_visible()


async def test_an_event_has_an_address_and_a_child_is_one_click_away(
    browser: Browser, url: str
) -> None:
    async with a_page(browser) as page:
        await page.goto(f"{url}#/executions/loop:one?event=1")
        detail = page.get_by_role("complementary", name="Event 1", exact=True)
        await expect(detail).to_contain_text(f'"big": {BIG}')
        await expect(detail).to_contain_text('"price": 1.10')
        await page.goto(f"{url}#/executions/loop:one?event=1202")
        detail = page.get_by_role("complementary", name="Event 1202")
        await expect(detail).to_contain_text("Map state entered")
        await detail.get_by_role("button", name="Each").click()
        assert page.url.endswith("/Each?event=1202")
        await page.get_by_role("tab", name="Related executions").click()
        await page.get_by_role("link", name="inner:").click()
        await page.get_by_role("tab", name="Related executions").click()
        await expect(page.get_by_role("link", name="loop:one")).to_be_visible()
        await page.get_by_role("link", name="loop:one").click()
        await expect(page.locator(".timeline-row")).to_have_count(5)
