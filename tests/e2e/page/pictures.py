"""The README's pictures, drawn anew: `python -m tests.e2e.page.pictures FOLDER`, or
`make pictures`."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser

from tests.e2e.chromium import chromium
from tests.e2e.processes import ROOT, Process

from .scenes import LINKS
from .settings import Scheme, shown

EXAMPLES = ("saga", "summarise-page", "tolerant-import")
PICTURES: dict[str, tuple[str, tuple[int, int], Scheme]] = {
    "overview": ("#/", (1280, 640), "light"),
    "waiting": ("#/executions/order-fulfilment:order-1002", (1280, 860), "light"),
    "failed": ("#/executions/saga:trip-2", (1280, 800), "dark"),
    "phone": ("#/executions/order-fulfilment:order-1002", (390, 844), "light"),
}
"""Addresses, sizes and schemes."""
CUSTOMERS = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov")
CARDS = ("tok_visa", "tok_visa", "tok_visa", "tok_declined")


async def play(url: str) -> None:
    """Starts what is to be seen: orders, one of which waits, and trips, one of which fails."""
    async with aiohttp.ClientSession(url) as http:

        async def start(machine: str, name: str, input: object) -> None:
            path = f"/v1/state-machines/{machine}/executions?wait=20"
            async with http.post(path, json={"name": name, "input": input}) as answer:
                assert answer.status < 300, await answer.text()

        for number in range(1, 9):
            await start("order-fulfilment", f"order-9{number:02}", order(number))
        for machine in ("loan-quote", "summarise-page", "tolerant-import"):
            async with http.get(f"/v1/state-machines/{machine}") as answer:
                examples = (await answer.json())["input_schema"]["examples"]
            for number, example in enumerate(examples):
                await start(machine, f"{machine}-{number}", example)
        for number, full in enumerate((None, "car", None), start=1):
            trip: dict[str, Any] = {"trip": f"T-{number}"} | ({"full": full} if full else {})
            await start("saga", f"trip-{number}", trip)
        await start("order-fulfilment", "order-1002", {**order(1), "amount": 4200})


def order(number: int) -> dict[str, Any]:
    parcels = [{"id": f"P-{number}-{parcel}", "weight_kg": parcel} for parcel in (1, 2)]
    return {
        "order_id": f"A-100{number + 1}",
        "customer": CUSTOMERS[number % len(CUSTOMERS)],
        "amount": 40 + 19 * number,
        "card": CARDS[number % len(CARDS)],
        "parcels": parcels,
    }


async def draw(browser: Browser, url: str, folder: Path, picture: str) -> None:
    address, (width, height), scheme = PICTURES[picture]
    context = await browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    page = await context.new_page()
    await shown(page, f"{url}/{address}")
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.reload(wait_until="networkidle")
    await page.screenshot(path=folder / f"{picture}.png")
    await context.close()


@contextmanager
def served() -> Iterator[Process]:
    """`handrail dev` with the state machines of the project and some of the examples."""
    with tempfile.TemporaryDirectory() as place:
        machines = Path(place, "machines")
        shutil.copytree(ROOT / "state_machines", machines)
        for example in EXAMPLES:
            shutil.copytree(ROOT / "examples" / example, machines / example)
        arguments = ["dev", str(machines), "--port", "0"]
        with Process(arguments, {"HANDLER_PACE": "0.3", **LINKS}) as process:
            yield process


async def main(folder: Path) -> None:
    with served() as process:
        await play(process.url)
        async with chromium() as browser:
            for picture in PICTURES:
                await draw(browser, process.url, folder, picture)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
