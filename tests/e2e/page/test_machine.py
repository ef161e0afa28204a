"""One state machine's view: its tabs, its graph beside its definition, what lint and cost say."""

import json
import re

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.e2e.chromium import a_page
from tests.e2e.processes import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = (ROOT / "state_machines/order-fulfilment/definition.asl.json").read_text()
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def node(page: Page, state: str) -> Locator:
    graph = page.get_by_role("region", name="Graph", exact=True)
    return graph.get_by_role("button", name=re.compile(f"^{state}\\b"))


def line(page: Page, number: int) -> Locator:
    return page.locator(f'.definition-line[data-line="{number - 1}"]')


async def test_a_state_selected_in_the_graph_or_the_definition_is_selected_in_both(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, viewport=WIDE) as page:
        await page.goto(f"{page_url}#/machines/order-fulfilment")
        await expect(page.get_by_role("heading", level=1)).to_have_text("order-fulfilment")
        await page.get_by_role("tab", name="Graph").click()
        await node(page, "IsCharged").click()
        charged = TEXT.splitlines().index('    "IsCharged": {') + 1
        await expect(line(page, charged)).to_have_class(re.compile("mine"))
        await expect(line(page, charged)).to_be_in_viewport()
        assert page.url.endswith("/graph?state=IsCharged")

        definition = page.get_by_role("region", name="Definition")
        await definition.locator(".name", has_text='"NeedsApproval"').first.click()
        await expect(node(page, "NeedsApproval")).to_have_attribute("aria-pressed", "true")
        assert page.url.endswith("/graph?state=NeedsApproval")

        # By keyboard: to the next state, folded and unfolded.
        await page.get_by_role("group", name=re.compile("lines. Up and down")).focus()
        await page.keyboard.press("ArrowDown")
        first = TEXT.splitlines().index('    "WaitForApproval": {') + 1
        await expect(line(page, first)).to_have_class(re.compile("mine"))
        await page.keyboard.press("ArrowLeft")
        await expect(line(page, first + 1)).to_have_count(0)
        await page.keyboard.press("ArrowRight")
        await expect(line(page, first + 1)).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator(".definition-line.mine")).to_have_count(0)

        await page.goto(f"{page_url}#/machines/order-fulfilment/definition?state=HandToCarrier")
        await expect(node(page, "HandToCarrier")).to_have_attribute("aria-pressed", "true")
        place = TEXT.splitlines().index('          "HandToCarrier": {') + 1
        await expect(line(page, place)).to_be_in_viewport()


async def test_the_definition_is_shown_as_it_was_written(browser: Browser, page_url: str) -> None:
    async with a_page(browser, viewport=PHONE) as page:
        await page.goto(f"{page_url}#/machines/order-fulfilment/definition")
        lines = page.locator(".definition-line code")
        await expect(lines).to_have_count(len(TEXT.rstrip().splitlines()))
        shown = "\n".join(await lines.all_text_contents())
        assert json.loads(shown)["States"].keys() == json.loads(TEXT)["States"].keys()
        assert shown.splitlines()[24:26] == TEXT.splitlines()[24:26]
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download the definition").click()
        saved = await (await download.value).path()
        assert json.loads(saved.read_text()).keys() == json.loads(TEXT).keys()
        await page.get_by_role("button", name="Fold states").click()
        await expect(page.get_by_text('"ValidateOrder": { …')).to_be_visible()
        await expect(page.get_by_role("region", name="Graph", exact=True)).to_have_count(0)


async def test_a_finding_leads_to_its_place(browser: Browser, page_url: str) -> None:
    async with a_page(browser, viewport=WIDE) as page:
        await page.goto(f"{page_url}#/machines/order-fulfilment/findings")
        answer = await page.request.get(f"{page_url}/v1/state-machines/order-fulfilment")
        machine = await answer.json()
        cost = page.get_by_role("region", name="What an execution costs")
        await expect(cost).to_contain_text(machine["cost"]["words"])
        await expect(cost).to_contain_text("$0.18 to $0.30 per 1,000")
        places = page.locator(".place")
        await expect(places).to_have_count(len(machine["lint"]))
        finding = next(each for each in machine["lint"] if each["state"] == "ReserveStock")
        await places.filter(has_text="ReserveStock").click()
        await expect(line(page, finding["line"])).to_have_class(re.compile("aimed"))
        await expect(line(page, finding["line"])).to_be_in_viewport()
        await expect(node(page, "ReserveStock")).to_have_attribute("aria-pressed", "true")
        await page.go_back()
        await expect(cost).to_be_visible()


async def answering(page: Page, pattern: str, **members: object) -> None:
    """What the service answers there, with these members instead of its own."""

    async def answer(route: Route) -> None:
        real = await route.fetch()
        await route.fulfill(response=real, json={**await real.json(), **members})

    await page.route(re.compile(pattern), answer)


async def test_versions_and_aliases_are_a_menu_away(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        at = "2026-01-31T09:30:00.000Z"
        versions = [{"version": "3", "created_at": at}, {"version": "2", "created_at": at}]
        aliases = [{"alias": "live", "created_at": at}]
        base = r"state-machines/price-check\b"
        await answering(page, f"{base}(\\?|$)", versions=versions, aliases=aliases)
        routes = [{"version": "3", "weight": 90}, {"version": "2", "weight": 10}]

        async def live(route: Route) -> None:
            real = await route.fetch(url=route.request.url.replace(":live", ""))
            shown = {**await real.json(), "alias": "live", "version": "3", "routes": routes}
            await route.fulfill(response=real, json={**shown, "versions": None, "aliases": None})

        await page.route(re.compile("price-check:live"), live)
        await page.goto(f"{page_url}#/machines/price-check/findings")
        await page.get_by_role("button", name="Versions and aliases: As it is now").click()
        items = page.get_by_role("menu").get_by_role("menuitemradio")
        await expect(items).to_have_count(4)
        await items.filter(has_text="live").click()
        assert page.url.endswith("#/machines/price-check:live/findings")
        await expect(page.get_by_role("heading", level=1)).to_have_text("price-check")
        shares = "live runs version 3 (90 %) and version 2 (10 %)"
        await expect(page.get_by_text(shares)).to_be_visible()
        await page.get_by_role("button", name="Versions and aliases: live").click()
        await expect(items.filter(has_text="live")).to_have_attribute("aria-checked", "true")


async def test_who_may_not_start_is_not_offered_it(browser: Browser, page_url: str) -> None:
    async with a_page(browser) as page:
        await answering(page, "/v1/me$", scopes=["read"])
        await page.goto(f"{page_url}#/machines/order-fulfilment/findings")
        await expect(page.get_by_role("tab", name="Definition")).to_be_visible()
        await expect(page.get_by_role("tab", name="Start")).to_have_count(0)
        await expect(page.get_by_text("Start an execution")).to_have_count(0)


async def test_a_machine_that_is_not_there_says_so(browser: Browser, page_url: str) -> None:
    async with a_page(browser, expected="a status of 404") as page:
        await page.goto(f"{page_url}#/machines/gone-by-now/graph")
        await expect(page.get_by_text("There is no state machine of this name.")).to_be_visible()
        await page.get_by_role("link", name="All state machines").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("State machines")
