"""Every view, wide and narrow, light and dark: everybody can use it, markup in what it shows stays
text, no script fails, nothing is asked of anybody else."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Response, expect

from tests.e2e.chromium import a_page

from .axe import violations
from .odd_machines import MARKUP
from .scenes import VIEWS, Scenes, play, served_scenes
from .settings import in_each_setting, shown

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWS_MARKUP = [
    "overview",
    "execution-waiting",
    "odd-start",
    "odd-definition",
    "odd-execution",
    "odd-state",
    "odd-events",
    "answer",
]
LOOSE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:", "data:")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scenes(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scenes]:
    with served_scenes(tmp_path_factory.mktemp("scenes")) as process:
        yield await play(process.url)


@pytest.mark.parametrize("view", VIEWS)
async def test_everybody_can_use_it(browser: Browser, scenes: Scenes, view: str) -> None:
    async with a_page(browser) as page:
        async for width, scheme in in_each_setting(page, scenes.views[view]):
            found = await violations(page, colours_only=scheme == "dark")
            assert found == [], f"{width} px, {scheme}"
            assert not await overflows(page), f"{width} px: the whole page scrolls sideways"


async def overflows(page: Page) -> bool:
    root = "document.documentElement"
    return bool(await page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


async def test_what_everybody_could_not_use_is_found(browser: Browser) -> None:
    async with a_page(browser) as page:
        await page.set_content("<img src='data:,'><p style='color: #aaa; background: #fff'>pale")
        found = await violations(page)
        assert {line.partition(":")[0] for line in found} >= {"image-alt", "color-contrast"}
        assert [line.partition(":")[0] for line in await violations(page, colours_only=True)] == [
            "color-contrast"
        ]


async def test_markup_stays_text_and_nothing_is_asked_of_anybody_else(
    browser: Browser, scenes: Scenes
) -> None:
    async with a_page(browser) as page:
        dialogs: list[str] = []
        asked: list[str] = []
        policies: list[str] = []

        def answered(response: Response) -> None:
            if response.request.resource_type == "document":
                policies.append(response.headers.get("content-security-policy", ""))

        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.on("response", answered)
        for view, url in scenes.views.items():
            await shown(page, url)
            assert await page.locator("img[src=x], [onerror]").count() == 0, view
            if view in SHOWS_MARKUP:
                await expect(page.get_by_text(MARKUP).first).to_be_visible()
        assert dialogs == []
        own = (f"{scenes.url}/", "blob:", "about:")
        assert [each for each in asked if not each.startswith(own)] == []
        assert len(policies) == len(VIEWS)
        for policy in policies:
            scripts, _, _ = policy.partition("style-src")
            assert "default-src" in scripts
            assert not [word for word in LOOSE if word in scripts.split()]
