"""The Host header names a host, or the request is refused."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.web.app import create_app
from tests.server.wire import wired
from tests.web.conftest import Serving
from tests.web.odd_requests import HOSTS, failures
from tests.web.served import Served


@pytest.mark.parametrize("host", HOSTS)
async def test_a_host_that_can_be_none_is_answered_400(served: Served, host: str) -> None:
    with capture_logs() as logs:
        for method in ("GET", "POST"):
            async with wired(served.port) as wire:
                lines = f"Host: {host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
                wire.writer.write(f"{method} /v1/ws-tickets HTTP/1.1\r\n{lines}".encode())
                answer = await wire.ended()
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_host"
    assert not failures(logs)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1:8000", "[::1]", "[::1]:80", "localhost:", "my_box"],
)
async def test_a_host_as_clients_send_it_is_served(served: Served, host: str) -> None:
    async with wired(served.port) as wire:
        wire.send(f"GET /v1/state-machines HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert (await wire.answered()).status == 200


async def test_no_host_is_fine_in_http_1_0(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.send("GET /healthz HTTP/1.0\r\n\r\n")
        assert (await wire.answered()).status == 200


@pytest.fixture
async def app(serve: Serving) -> AsyncIterator[Any]:
    """The app alone; its services run."""
    async with serve(request_timeout_s=2) as served:
        served.stub.add_machine("orchestration-dev")
        yield create_app(served.services)
