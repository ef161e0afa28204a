"""One `handrail dev` for all tests of the page that a worker runs."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser

from tests.e2e.processes import Process


@pytest.fixture(scope="session")
def page_url(browser: Browser) -> Iterator[str]:
    """Where `handrail dev` serves the shipped state machines, their handlers without pauses."""
    with Process(["dev", "--port", "0"], {"HANDLER_PACE": "0"}) as process:
        yield process.url
