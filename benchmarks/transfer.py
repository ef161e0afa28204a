"""What a person waits for first: the page's files, loaded by a browser that has none of them."""

import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Response, async_playwright

from .children import handrail, running
from .figures import Figure, Options, Report, Target

MACHINE = "transferred"
DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
OVERVIEW, EXECUTION = "#/", f"#/executions/{MACHINE}:one"
LOADS = {
    "overview": [OVERVIEW],
    "execution": [EXECUTION],
    "machine": [f"#/machines/{MACHINE}"],
    "overview, then execution": [OVERVIEW, EXECUTION],
}
ALL = Target(at_most=61.44)
WHAT_RAN = """\
The page, served by `handrail dev` to a Chromium with an empty cache: files as they come compressed,
without their heads and without what the API answers, but with Preact, htm, dagre, the JavaScript
client and what the graph's worker loads. The first paint is by the browser's clock, on this
machine."""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


async def run(options: Options) -> Report:
    found = defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory() as folder:
        _written(Path(folder, MACHINE))
        async with running(handrail("dev", folder, "--port", 0), quiet=True) as service:
            url = re.findall(r"http://\S+", service.said)[0].rstrip("/") + "/"
            await _execute(url)
            for _ in range(1 if options.quick else 5):
                await _round(url, found)
    target = f"{[*LOADS][-1]}: all files"
    figures = [
        Figure(name, values, _unit(name), ALL if name == target else None)
        for name, values in found.items()
    ]
    return Report("what the page transfers", WHAT_RAN, figures)


def _written(home: Path) -> None:
    home.mkdir()
    (home / "definition.asl.json").write_text(DEFINITION)


def _unit(name: str) -> str:
    return "ms" if name.endswith("first paint") else "KB" if name.endswith("all files") else ""


async def _execute(url: str) -> None:
    body = {"name": "one", "input": {}}
    async with aiohttp.ClientSession() as http:
        path = f"{url}v1/state-machines/{MACHINE}/executions?wait=10"
        async with http.post(path, json=body) as answer:
            answer.raise_for_status()


async def _round(url: str, found: dict[str, list[float]]) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
        for name, views in LOADS.items():
            sizes, painted = await _loaded(browser, url, views)
            found[f"{name}: all files"].append(sum(sizes.values()) / 1000)
            found[f"{name}: how many"].append(len(sizes))
            found[f"{name}: first paint"].append(painted)
        await browser.close()


async def _loaded(browser: Browser, url: str, views: Sequence[str]) -> tuple[dict[str, int], float]:
    """Each file's size by its address, and when the first view was painted."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    answers = list[Response]()
    context.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 Playwright's wish
    page = await context.new_page()
    for view in views:
        await page.goto(url + view)
        await page.get_by_role("heading", level=1).first.wait_for()
        if view == EXECUTION:
            await page.locator(".node").first.wait_for()
        await page.wait_for_load_state("networkidle")
    painted: Any = await page.evaluate(PAINTED)
    heads = {answer.url: await answer.all_headers() for answer in answers}
    await context.close()
    sizes = {file: int(head.get("content-length", 0)) for file, head in heads.items()}
    return {file: size for file, size in sizes.items() if "/v1/" not in file}, float(painted)
