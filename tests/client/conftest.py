from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from .fake_service import FakeService, Waits, serve

Serving = Callable[[FakeService], Awaitable[str]]


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """Serves a FakeService and answers its URL."""
    servers = []

    async def start(service: FakeService) -> str:
        servers.append(await serve(service))
        return str(servers[-1].make_url("/"))

    yield start
    for server in servers:
        await server.close()
