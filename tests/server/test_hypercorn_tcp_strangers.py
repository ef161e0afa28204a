"""Whatever bytes come over a connection, the answer is a problem of their sender's making: never a
5xx, never a traceback, never silence."""

import asyncio
import json
import socket
from errno import ENOTCONN
from typing import Any, cast

import pytest
from hypercorn.asyncio.worker_context import WorkerContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from handrail.entrypoints.serve import server_config
from handrail.server.hypercorn_tcp import EndingServer
from handrail.settings import Settings
from tests.web.odd_requests import BODIES, HEADERS, HOSTS, PATHS, QUERIES, ROUTES, failures, hold
from tests.web.served import Served

from .wire import wired

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}
ODD_HANDSHAKES = [
    ("Sec-WebSocket-Key", None, 400),
    ("Sec-WebSocket-Key", "x", 400),
    ("Sec-WebSocket-Key", "é" * 12, 400),
    ("Sec-WebSocket-Key", f"{KEY}\r\nSec-WebSocket-Key: {KEY}", 400),
    ("Sec-WebSocket-Version", None, 426),
    ("Sec-WebSocket-Version", "8", 426),
    ("Sec-WebSocket-Version", "13, 8", 426),
    ("Sec-WebSocket-Version", "é", 426),
    ("Sec-WebSocket-Protocol", "é,,;", 400),
    ("Sec-WebSocket-Protocol", ",,=;,", 101),
    ("Sec-WebSocket-Extensions", "é; =;=", 101),
    ("Connection", "Upgrade, é", 400),
    ("Origin", "é", 101),  # closed with 4403, as that is all that a browser's page can see
    ("Upgrade", "é", 426),
]

texts = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30)
names = [
    *sorted({name for name, _ in HEADERS} - {"content-length"}),
    *("connection", "expect", "te", "trailer", "upgrade", "via", "forwarded", "x-forwarded-proto"),
    *("if-match", "if-range", "if-unmodified-since", "sec-fetch-site", "sec-websocket-protocol"),
    *("access-control-request-method", "access-control-request-headers", "x-amzn-trace-id"),
]
KNOWN = [header for header in HEADERS if header[0] != "content-length"]  # no answer before that
lines = st.lists(
    st.one_of(st.sampled_from(KNOWN), st.tuples(st.sampled_from(names), texts)), max_size=4
)
heads = st.fixed_dictionaries(
    {
        "method": st.sampled_from(
            ["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "BREW", "M-SEARCH"]
        ),
        "target": st.one_of(
            st.sampled_from([*ROUTES, *PATHS]), texts.map(lambda text: f"/{text}".replace(" ", ""))
        ),
        "query": st.one_of(st.just(b""), st.sampled_from(QUERIES)),
        "host": st.one_of(st.just("localhost"), st.sampled_from(HOSTS)),
        "lines": lines,
        "socket": st.booleans(),
        "body": st.sampled_from(BODIES),
    }
)


async def say(served: Served, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body of the answer to it; of a HEAD's and a stream's no body."""
    async with wired(served.port) as wire:
        wire.writer.write(sent)
        async with asyncio.timeout(5):
            head = await wire.reader.readuntil(b"\r\n\r\n")
            while head.startswith(b"HTTP/1.1 100 "):
                head = await wire.reader.readuntil(b"\r\n\r\n")
            status, *found = head.decode("latin1").split("\r\n")[:-2]
            headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in found)}
            has_body = "content-length" in headers and " 304 " not in status
            length = int(headers["content-length"]) if has_body else 0
            body = await wire.reader.readexactly(0 if sent.startswith(b"HEAD ") else length)
    return int(status.split()[1]), headers, body


@pytest.mark.parametrize(("name", "text", "status"), ODD_HANDSHAKES)
async def test_a_handshake_that_is_none_is_refused_with_a_problem(
    served: Served, name: str, text: str | None, status: int
) -> None:
    head = {**HANDSHAKE, name: text}
    lines = "".join(f"{n}: {v}\r\n" for n, v in head.items() if v is not None)
    with capture_logs() as logs:
        sent = f"GET /v1/ws HTTP/1.1\r\n{lines}\r\n".encode("latin1")
        if status == 426 and name == "Upgrade":
            sent = sent.replace(b"Connection: Upgrade", b"Connection: close")
        answered, headers, body = await say(served, sent)
    assert answered == status
    assert not failures(logs)
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status
        assert headers["cache-control"] == "no-store"
    if status == 426:
        assert headers["upgrade"] == "websocket"
    if name == "Sec-WebSocket-Version":
        assert headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("path", ["/v1/state-machines", "/v1/nothing", "//v1/ws", "/v1/ws/"])
async def test_a_handshake_where_no_socket_is_is_answered_404(served: Served, path: str) -> None:
    lines = "".join(f"{name}: {text}\r\n" for name, text in HANDSHAKE.items())
    status, headers, body = await say(served, f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(body)["code"] == "not_found"
    assert headers["cache-control"] == "no-store"


def test_no_head_and_no_body_makes_a_5xx(served: Served) -> None:
    loop = asyncio.get_event_loop()

    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(heads)
    def holds(head: dict[str, object]) -> None:
        with capture_logs() as logs:
            answer = loop.run_until_complete(say(served, written(head)))
        if answer[0] != 101:
            hold(*answer, {**head, "method": str(head["method"]).upper()})
        assert not failures(logs), (head, failures(logs))

    holds()


def written(head: dict[str, object]) -> bytes:
    """The bytes of it."""
    query, body = head["query"], head["body"]
    assert isinstance(query, bytes)
    assert isinstance(body, bytes)
    listed = head["lines"]
    assert isinstance(listed, list)
    lines = [("Host", head["host"]), *listed]
    lines.append(("Content-Length", len(body)))
    if head["socket"]:
        lines += [(name, text) for name, text in HANDSHAKE.items() if name != "Host"]
    else:
        lines.append(("Connection", "close"))
    target = f"{head['method']} {head['target']}".encode("latin1", "replace")
    asked = b"?" + query if query else b""
    text = "".join(f"{name}: {text}\r\n" for name, text in lines)
    return target + asked + b" HTTP/1.1\r\n" + text.encode("latin1") + b"\r\n" + body


class Gone(asyncio.StreamWriter):
    """To a peer that has gone, of which uvloop tells so."""

    async def wait_closed(self) -> None:
        raise OSError(ENOTCONN, "Transport endpoint is not connected")


async def test_a_peer_that_has_gone_in_whatever_way_leaves_no_traceback() -> None:
    loop, ours = asyncio.get_running_loop(), asyncio.StreamReader()
    ours.feed_eof()
    one, other = socket.socketpair()
    with one, other:
        transport, protocol = await loop.create_connection(
            lambda: asyncio.StreamReaderProtocol(ours), sock=one
        )
        config, context = server_config(Settings()), WorkerContext(None)
        gone = Gone(transport, protocol, ours, loop)
        await EndingServer(cast(Any, None), loop, config, context, {}, ours, gone)
        transport.abort()
