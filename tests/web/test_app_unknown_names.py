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

from handrail.web.app import create_app
from tests.server.wire import wired
from tests.web.bare_sockets import HANDSHAKE
from tests.web.conftest import Serving
from tests.web.odd_requests import HEADERS, HOSTS, PATHS, failures, hold, requests
from tests.web.served import SERVERS, Served, Server


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


OTHERS = {name: server for name, server in SERVERS.items() if name != "hypercorn"}


@pytest.mark.parametrize("server", OTHERS.values(), ids=list(OTHERS))
async def test_on_other_servers_too_what_reaches_the_app_is_no_5xx(
    serve: Serving, server: Server
) -> None:
    start = "/v1/state-machines/order/executions"
    asked = [("GET", path, ("host", "localhost")) for path in PATHS]
    asked += [("POST", start, header) for header in HEADERS if header[0] != "content-length"]
    asked += [("GET", "/v1/state-machines", ("host", host)) for host in HOSTS]
    asked += [("TRACE", start, ("host", "localhost")), ("get", start, ("host", "localhost"))]
    with capture_logs() as logs:
        async with serve(server=server) as served:
            for method, path, (name, text) in asked:
                host = "" if name == "host" else "Host: localhost\r\n"
                head = f"{method} {path} HTTP/1.1\r\n{host}{name}: {text}\r\n"
                async with wired(served.port) as wire:
                    body = "Content-Length: 2\r\n\r\n{}" if method == "POST" else "\r\n"
                    wire.writer.write((head + "Connection: close\r\n" + body).encode("latin1"))
                    answer = await wire.ended()
                assert 200 <= int(answer.split()[1]) < 500, (method, path, name, text)
                assert b"\r\nlocation: http" not in answer.lower()
    assert not failures(logs)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, identity", "x"])
async def test_a_compressed_body_is_refused_and_says_how_it_is_taken(
    served: Served, coding: str
) -> None:
    path = "/v1/state-machines/order/executions"
    sent = {"Content-Encoding": coding, "Content-Type": "application/json"}
    answer = await served.call("POST", path, data=b"\x1f\x8b", headers=sent)
    assert (answer.status, answer.body["code"]) == (415, "unsupported_content_encoding")
    assert answer.headers["accept-encoding"] == "identity"
    assert not served.stub.calls["StartExecution"]


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
async def test_a_body_that_says_it_is_as_it_is_is_taken(served: Served, coding: str) -> None:
    path = "/v1/state-machines/order/executions"
    sent = {"Content-Encoding": coding, "Content-Type": "application/json"}
    assert (await served.call("POST", path, data=b"{}", headers=sent)).status == 202


@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW", "PROPFIND", "M-SEARCH"]
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/state-machines", "/v1/ws-tickets"])
async def test_a_method_that_is_none_here_is_answered_405_with_those_that_are(
    served: Served, method: str, path: str
) -> None:
    answer = await served.call(method, path)
    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
    assert {"OPTIONS", "POST" if "tickets" in path else "GET"} <= {
        *answer.headers["allow"].split(", ")
    }


async def test_options_say_which_methods_there_are(served: Served) -> None:
    answer = await served.call("OPTIONS", "/v1/state-machines")
    assert (answer.status, answer.body) == (204, b"")
    assert {*answer.headers["allow"].split(", ")} == {"GET", "HEAD", "OPTIONS"}
    assert "content-type" not in answer.headers


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
