"""The four settings in which every view has to hold, and a view in each of them."""

from collections.abc import AsyncIterator
from typing import Literal

from playwright.async_api import Page, expect

Scheme = Literal["light", "dark"]
SIZES = {1440: 900, 390: 844}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


async def shown(page: Page, url: str) -> None:
    """The view at this address, drawn anew and whole: nothing is on its way any more."""
    await page.goto("about:blank")
    await page.set_viewport_size({"width": 1440, "height": SIZES[1440]})
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await page.goto(url, wait_until="networkidle")
    await expect(page.get_by_role("heading", level=1).first).to_be_visible()
    await expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)


async def in_each_setting(page: Page, url: str) -> AsyncIterator[tuple[int, Scheme]]:
    """The view, loaded once and then as its reader makes the window narrow and the room dark."""
    await shown(page, url)
    for width, height in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate("() => new Promise(requestAnimationFrame)")
            yield width, scheme
