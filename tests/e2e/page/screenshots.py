"""A picture of every view in each setting. `python -m tests.e2e.page.screenshots FOLDER [VIEW …]`,
or `make screenshots`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser

from tests.e2e.chromium import chromium

from .scenes import VIEWS, play, served_scenes
from .settings import in_each_setting


async def take(browser: Browser, folder: Path, view: str, url: str) -> None:
    """Writes view-width-scheme.png, as high as the window."""
    context = await browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    page = await context.new_page()
    async for width, scheme in in_each_setting(page, url):
        await page.screenshot(path=folder / f"{view}-{width}-{scheme}.png")
    await context.close()


async def main(folder: Path, chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as machines, served_scenes(Path(machines)) as process:
        scenes = await play(process.url)
        async with chromium() as browser:
            for view in chosen or VIEWS:
                await take(browser, folder, view, scenes.views[view])
                print(view)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
