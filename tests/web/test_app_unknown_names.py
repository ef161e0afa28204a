"""Whatever a stranger sends, the answer is a problem of his own making: never a 5xx, never a
traceback, never a redirect that takes a secret along."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from structlog.testing import capture_logs

from service.web.app import create_app
from tests.server.wire import wired
from tests.web.bare_sockets import HANDSHAKE
from tests.web.conftest import Serving
from tests.web.odd_requests import PATHS, failures, hold, requests
from tests.web.served import Served


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "ä", ".a"])
async def test_a_socket_at_such_a_host_is_refused(served: Served, host: str) -> None:
    with capture_logs() as logs:
        async with wired(served.port) as wire:
            asked = HANDSHAKE.format(path="/v1/ws").replace("Host: 127.0.0.1", f"Host: {host}")
            wire.send(asked)
            answer = await wire.ended()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_host"
    assert not failures(logs)


@pytest.mark.parametrize("path", PATHS)
async def test_an_odd_path_is_answered_404_and_never_elsewhere(served: Served, path: str) -> None:
    with capture_logs() as logs:
        for method in ("GET", "HEAD", "POST"):
            async with wired(served.port) as wire:
                wire.send(
                    f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Length: 0\r\nConnection: close\r\n\r\n"
                )
                answer = await wire.ended()
            assert int(answer.split()[1]) in {404, 405, 422}
            assert b"\r\nlocation:" not in answer.lower()
            if method == "GET":
                assert json.loads(answer.partition(b"\r\n\r\n")[2])["request_id"]
    assert not failures(logs)


@pytest.fixture
async def app(serve: Serving) -> AsyncIterator[Any]:
    """The app alone; its services run."""
    async with serve(request_timeout_s=2) as served:
        served.stub.add_machine("orchestration-dev")
        yield create_app(served.services)


async def call(app: Any, sent: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """One request by ASGI, as a server that checks nothing would hand it over."""
    incoming = asyncio.Queue[dict[str, Any]]()
    incoming.put_nowait({"type": "http.request", "body": sent["body"], "more_body": False})
    answered: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    named = [(name.encode(), text.encode("latin1")) for name, text in sent["headers"]]
    if not any(name == b"host" for name, _ in named):
        named.append((b"host", b"localhost"))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent["method"],
        "scheme": "http",
        "path": sent["path"],
        "raw_path": sent["path"].encode(),
        "query_string": sent["query"],
        "root_path": "",
        "headers": named,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "extensions": {},
    }
    async with asyncio.timeout(20):
        await app(scope, incoming.get, send)
    start = answered[0]
    headers = {name.decode().lower(): text.decode("latin1") for name, text in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in answered[1:])


def test_nothing_a_stranger_sends_makes_a_5xx(app: Any) -> None:
    """Any head, any query and any body, to any route."""
    loop = asyncio.get_event_loop()

    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(requests)
    def holds(sent: dict[str, Any]) -> None:
        with capture_logs() as logs:
            hold(*loop.run_until_complete(call(app, sent)), sent)
        assert not failures(logs), (sent, failures(logs))

    holds()
    structlog.contextvars.clear_contextvars()
