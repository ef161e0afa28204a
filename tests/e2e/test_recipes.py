"""The JavaScript client's recipes, as somebody runs them who copied one: in Chromium, on the real
service."""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.server.free_port import free_port

from .chromium import a_page
from .processes import Process

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECIPES = Path(__file__).parents[2] / "packages" / "client" / "recipes"
KEY = f"hr_{secrets.token_urlsafe(32)}"
QUICK = {"HANDLER_PACE": "0"}


def installed(recipe: str) -> Path:
    """The recipe's folder. Skips the test where its packages aren't installed."""
    folder = RECIPES / recipe
    if not (folder / "node_modules").is_dir():
        pytest.skip(f"no packages in {folder.name}: `make recipes` installs them, with npm")
    return folder


@contextmanager
def npm(recipe: str, *command: str, **variables: str) -> Iterator[str]:
    """Runs a command of the recipe's; answers the address that it prints."""
    folder = installed(recipe)
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "NO_COLOR": "1", **variables}
    with subprocess.Popen(  # noqa: S603 the recipe's own
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            printed = ""
            for line in child.stdout:
                printed += line
                if found := re.search(r"http://(?:127\.0\.0\.1|localhost):\d+", line):
                    break
            else:
                raise AssertionError(f"it ended: {printed}")
            yield found[0].replace("localhost", "127.0.0.1")
        finally:
            child.kill()


@pytest.fixture(scope="module")
def open_service(browser: Browser) -> Iterator[tuple[str, int]]:
    """A service that the page at this port may call."""
    port = free_port()
    origins = {"HANDRAIL_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}"}
    with Process(["dev", "--port", "0"], {**QUICK, **origins}) as process:
        yield process.url, port


@pytest.fixture(scope="module")
def guarded_service(browser: Browser) -> Iterator[tuple[str, int]]:
    """A service that takes one key, and gives out tokens."""
    service, page = free_port(), free_port()
    scopes = ["read", "start", "complete"]
    key = {"name": "shop", "sha256": sha256(KEY.encode()).hexdigest(), "scopes": scopes}
    variables = {
        "HANDRAIL_AUTH": "api-key",
        "HANDRAIL_API_KEYS": json.dumps({**key, "machines": ["*"]}),
        "HANDRAIL_LINK_KEYS": f"one:{secrets.token_urlsafe(32)}",
        "HANDRAIL_PUBLIC_URL": f"http://127.0.0.1:{service}",
        "HANDRAIL_ALLOWED_ORIGINS": f"http://127.0.0.1:{page}",
    }
    with Process(["dev", "--port", str(service)], {**QUICK, **variables}) as process:
        yield process.url, page


async def order_and_approve(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_role("button", name="Order").click()
    await expect(page.get_by_role("listitem").filter(has_text="ChargeCard")).to_have_text(
        "ChargeCard: SUCCEEDED"
    )
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("status").first).to_have_text("SUCCEEDED")
    await expect(page.get_by_role("listitem").last).to_have_text("NotifyCustomer: SUCCEEDED")


@pytest.mark.parametrize("recipe", ["react-vite", "vue"])
async def test_a_page_of_vite_s(
    browser: Browser, open_service: tuple[str, int], recipe: str
) -> None:
    service, port = open_service
    built = subprocess.run(  # noqa: ASYNC221 nothing else runs meanwhile
        ["npx", "vite", "build"],  # noqa: S607
        cwd=installed(recipe),
        env={**os.environ, "VITE_HANDRAIL_URL": service},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    preview = ["node_modules/.bin/vite", "preview", "--host", "127.0.0.1", "--port", str(port)]
    with npm(recipe, *preview, "--strictPort") as url:
        async with a_page(browser) as page:
            await order_and_approve(page, url)


async def test_a_page_without_a_build_step(
    browser: Browser, guarded_service: tuple[str, int]
) -> None:
    service, port = guarded_service
    variables = {"HANDRAIL_URL": service, "HANDRAIL_TOKEN": KEY, "PORT": str(port)}
    with npm("plain", "node", "server.js", **variables) as url:
        async with a_page(browser) as page:
            await order_and_approve(page, url)


async def test_a_page_of_next_s(browser: Browser, guarded_service: tuple[str, int]) -> None:
    service, port = guarded_service
    if not (installed("next") / ".next" / "BUILD_ID").exists():
        pytest.skip("next isn't built: `make recipes` builds it")
    start = ["node_modules/.bin/next", "start", "--hostname", "127.0.0.1", "--port", str(port)]
    with npm("next", *start, HANDRAIL_URL=service, HANDRAIL_TOKEN=KEY) as url:
        async with a_page(browser) as page:
            await order_and_approve(page, url)
