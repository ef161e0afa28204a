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
from .settings import SIZES, in_each_setting

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
WIDE = max(SIZES)
LOOSE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:", "data:")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scenes(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scenes]:
    with served_scenes(tmp_path_factory.mktemp("scenes")) as process:
        yield await play(process.url)


@pytest.mark.parametrize("view", VIEWS)
async def test_everybody_can_use_it_and_markup_stays_text(
    browser: Browser, scenes: Scenes, view: str
) -> None:
    """Colours of the dark are looked at in the wide window: the narrow one has no others."""
    async with a_page(browser) as page:
        noted = Noted(page)
        async for width, scheme in in_each_setting(page, scenes.views[view]):
            setting = f"{width} px, {scheme}"
            if scheme == "light":
                assert await violations(page) == [], setting
                assert not await overflows(page), f"{setting}: the whole page scrolls sideways"
            elif width == WIDE:
                assert await violations(page, colours_only=True) == [], setting
                assert await page.locator("img[src=x], [onerror]").count() == 0
                if view in SHOWS_MARKUP:
                    await expect(page.get_by_text(MARKUP).first).to_be_visible()
        noted.is_harmless(scenes.url)


async def overflows(page: Page) -> bool:
    root = "document.documentElement"
    return bool(await page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


class Noted:
    """What a page has said, asked for, and been told that it may do."""

    def __init__(self, page: Page) -> None:
        self.dialogs: list[str] = []
        self.asked: list[str] = []
        self.policies: list[str] = []
        page.on("dialog", lambda dialog: self.dialogs.append(dialog.message))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("response", self._answered)

    def is_harmless(self, url: str) -> None:
        """No script of somebody else's ran or could, and nobody but the service was asked."""
        assert self.dialogs == []
        own = (f"{url}/", "blob:", "about:")
        assert [each for each in self.asked if not each.startswith(own)] == []
        [policy] = self.policies
        scripts, _, _ = policy.partition("style-src")
        assert "default-src" in scripts
        assert not [word for word in LOOSE if word in scripts.split()]

    def _answered(self, response: Response) -> None:
        if response.request.resource_type == "document":
            self.policies.append(response.headers.get("content-security-policy", ""))


async def test_what_everybody_could_not_use_is_found(browser: Browser) -> None:
    async with a_page(browser) as page:
        await page.set_content("<img src='data:,'><p style='color: #aaa; background: #fff'>pale")
        found = await violations(page)
        assert {line.partition(":")[0] for line in found} >= {"image-alt", "color-contrast"}
        assert [line.partition(":")[0] for line in await violations(page, colours_only=True)] == [
            "color-contrast"
        ]
