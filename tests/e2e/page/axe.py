"""axe-core, asked what of a page not everybody can use."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.async_api import Page

RUN = """options => axe.run(document, {resultTypes: ["violations"], ...options}).then(
  ({violations}) => violations.flatMap(({id, nodes}) =>
    nodes.map(({target, any, all, none}) =>
      [id, target.flat().join(" "), ...[...any, ...all, ...none].map(({message}) => message)])))"""
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""All that another scheme of colours can change."""


@cache
def _source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """A line for each element that breaks a rule: the rule, the element, what is wrong with it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_source())
    found: list[list[Any]] = await page.evaluate(RUN, COLOURS if colours_only else {})
    return [": ".join(map(str, each)) for each in found]
