"""Signing in: at a provider, as each of the known ones does it, and by a key or token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from handrail.auth.api_keys import digest_of
from tests.e2e.chromium import a_page
from tests.environment import made_up
from tests.stubs.oidc_provider import AUTH0, COGNITO, ENTRA, KEYCLOAK, Manner, Provider
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.served import Served, serving
from tests.web.stories import entered, ran, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY = "hr_a-key"
KEYS = f'{{"name": "shop", "sha256": "{digest_of(KEY).hex()}", "scopes": ["read"]}}'
RIGHTS = {"ada": ["read", "start:ord*"], "eve": None, "new": []}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")


@pytest_asyncio.fixture(loop_scope="session")
async def stub() -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        yield stub


@asynccontextmanager
async def signing_in(
    stub: StepFunctionsStub, manner: Manner, **settings: object
) -> AsyncIterator[tuple[Provider, Served]]:
    provider = Provider(manner, rights=dict(RIGHTS))
    async with (
        provider.serve(),
        serving(stub, **{**provider.settings, "api_keys": KEYS, **settings}) as served,
    ):
        provider.page = f"http://127.0.0.1:{served.port}/"
        yield provider, served


async def log_in(page: Page, user: str) -> None:
    await page.get_by_role("button", name="Continue with 127.0.0.1").click()
    await page.get_by_label("User").fill(user)
    await page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("manner", [COGNITO, ENTRA, AUTH0, KEYCLOAK], ids=lambda m: m.path)
async def test_readers_sign_in_at_their_provider_stay_so_on_reload_and_sign_out(
    browser: Browser, stub: StepFunctionsStub, manner: Manner
) -> None:
    async with signing_in(stub, manner) as (provider, _), a_page(browser) as page:
        await page.goto(f"{provider.page}#/machines/order")
        await log_in(page, "ada")
        await expect(page.get_by_role("heading", level=1)).to_have_text("order")
        assert page.url == f"{provider.page}#/machines/order"
        await page.reload()
        await page.get_by_role("button", name="Signed in as ada").click()
        await expect(
            page.get_by_text("You may see executions and start executions")
        ).to_be_visible()
        assert provider.asked == ["authorization_code"]
        await page.get_by_role("menuitem", name="Sign out").click()
        if manner.ends_by is None:
            await expect(page.get_by_text("You are not signed in.")).to_be_visible()
        else:
            await expect(page.get_by_role("button", name="Continue with")).to_be_visible()
        kept = await page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
        assert "eyJ" not in kept


async def test_whoever_the_provider_refuses_is_told_why_and_may_try_again(
    browser: Browser, stub: StepFunctionsStub
) -> None:
    page_of = a_page(browser, expected="status of 403")  # of one whose rights aren't known yet
    async with signing_in(stub, KEYCLOAK) as (provider, _), page_of as page:
        await page.goto(provider.page)
        await log_in(page, "eve")
        await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
            "The provider refused: access_denied: Not <b>assigned</b>"
        )
        assert page.url.startswith(f"{provider.page}#")
        await log_in(page, "new")
        await expect(page.get_by_text("Nothing here is open to you.")).to_be_visible()
        await page.get_by_role("button", name="Sign in as somebody else").click()
        await expect(page.get_by_text("You are not signed in.")).to_be_visible()


async def test_an_answer_to_no_sign_in_of_this_tab_is_not_taken(
    browser: Browser, stub: StepFunctionsStub
) -> None:
    """Somebody else's code, by which a reader would act as them (RFC 6749, section 10.12)."""
    async with signing_in(stub, KEYCLOAK) as (provider, _), a_page(browser) as page:
        await page.goto(f"{provider.page}?code=stolen&state=made-up#/machines/order")
        alert = page.get_by_role("dialog").get_by_role("alert")
        await expect(alert).to_contain_text("to no sign-in which this tab began")
        await page.get_by_role("button", name="Continue with").click()
        await page.get_by_label("User").wait_for()
        state = await page.evaluate("new URLSearchParams(location.search).get('state')")
        await page.goto(f"{provider.page}?code=stolen&state={state}&iss=https://evil.example")
        await expect(alert).to_contain_text("Another provider answered")
        assert "code=" not in page.url
        assert provider.asked == []


FOLLOW = """async (id) => {
  const main = document.querySelector('script[type="module"]').src;
  const { client } = await import(new URL("session.js", main).href);
  globalThis.seen = [];
  client.watch(id).subscribe((view) => { globalThis.seen.push(view); });
}"""
NOW = """(state) => {
  const { states, connection } = globalThis.seen.at(-1);
  return connection.state === "live" && states.get(state)?.status;
}"""


async def test_a_token_is_renewed_while_something_is_followed(
    browser: Browser, stub: StepFunctionsStub
) -> None:
    async with signing_in(stub, AUTH0) as (provider, _), a_page(browser) as page:
        provider.lifetime_s = 3
        arn = running(stub)
        await page.goto(provider.page)
        await log_in(page, "ada")
        await page.get_by_role("heading", level=1).wait_for()
        await page.evaluate(FOLLOW, "order:one")
        async with asyncio.timeout(20):
            while not provider.renewals:  # noqa: ASYNC110 it happens in the browser
                await asyncio.sleep(0.05)
            stub.append(arn, entered("Charge"))
            while await page.evaluate(NOW, "Charge") != "RUNNING":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.reload()
        await page.get_by_role("button", name="Signed in as ada").wait_for()


async def test_a_key_that_is_not_known_is_said_to_be_and_another_brings_the_view_to_life(
    browser: Browser, stub: StepFunctionsStub
) -> None:
    async with (
        signing_in(stub, KEYCLOAK) as (provider, _),
        a_page(browser, expected="status of 401") as page,
    ):
        await page.goto(f"{provider.page}#/machines/order")
        field = page.get_by_label("API key or token")
        await field.fill("hr_wrong")
        await field.press("Enter")
        await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
            "This credential isn't known here."
        )
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("You are not signed in.")).to_be_visible()
        await page.get_by_role("main").get_by_role("button", name="Sign in").click()
        await field.fill(KEY)
        await page.get_by_role("button", name="Use it").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("order")
        await page.get_by_role("button", name="Signed in as shop").click()
        await expect(page.get_by_text("You may see executions.")).to_be_visible()


async def test_a_token_for_one_execution_shows_it_and_asks_for_nothing_else(
    browser: Browser, stub: StepFunctionsStub
) -> None:
    async with (
        signing_in(stub, KEYCLOAK, link_keys="one:" + "k" * 32) as (provider, _),
        a_page(browser) as page,
    ):
        stub.append(running(stub), *ran("Check"), entered("Charge"))
        asked = {"executions": ["order:one"], "scopes": ["read"], "expires_in": 600}
        headers = {"Authorization": f"Bearer {KEY}"}
        made = await page.request.post(f"{provider.page}v1/tokens", data=asked, headers=headers)
        paths: list[str] = []
        page.on("request", lambda request: paths.append(request.url))
        await page.goto(f"{provider.page}#/executions/order:one")
        await page.get_by_label("API key or token").fill((await made.json())["token"])
        await page.get_by_role("button", name="Use it").click()
        await expect(page.get_by_text("only what was entered is drawn")).to_be_visible()
        for name, status in (("Check", "SUCCEEDED"), ("Charge", "RUNNING")):
            node = page.get_by_role("button", name=f"{name}, Task, {status}")
            await expect(node).to_have_attribute("data-status", status)
        await expect(page.locator(".graph .edge[data-taken]:not(.start)")).to_have_count(1)
        await expect(page.get_by_role("link", name="order", exact=True)).to_have_count(0)
        await page.get_by_role("link", name="Handrail").click()
        await page.get_by_role("link", name="order:one").click()
        await expect(page.locator(".graph .node[data-status]")).to_have_count(2)
        assert [path for path in paths if "v1/state-machines/" in path] == []

        short = {**asked, "expires_in": 3}
        made = await page.request.post(f"{provider.page}v1/tokens", data=short, headers=headers)
        await page.evaluate("sessionStorage.clear()")
        await page.reload()
        await page.get_by_label("API key or token").fill((await made.json())["token"])
        await page.get_by_role("button", name="Use it").click()
        await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("expired")
        await page.get_by_label("API key or token").fill(KEY)
        await page.get_by_role("button", name="Use it").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await expect(page.get_by_role("link", name="order", exact=True)).to_be_visible()
        await expect(page.get_by_text("only what was entered is drawn")).to_have_count(0)
