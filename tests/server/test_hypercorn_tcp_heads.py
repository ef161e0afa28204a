"""Requests that two readers could take differently: refused, and the connection with them."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.server.hypercorn_tcp import MOST_LINES, refused
from handrail.server.server_config import HEAD_BYTES
from tests.web.conftest import Serving
from tests.web.served import Served

from .wire import wired

POST = b"POST /v1/ws-tickets HTTP/1.1\r\nHost: a\r\n"
BEHIND = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
"""A second request in the same piece: what smuggling is after."""

REFUSED = {
    "a length and a coding": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding and a length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "two lengths in a list": POST + b"Content-Length: 5, 6\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length in hexadecimal": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "another coding": POST + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "a coding behind chunked": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a coding before chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: a\n\n",
    "one bare line feed": b"GET /healthz HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "a bare line feed at the end": b"GET /healthz HTTP/1.1\r\nHost: a\r\n\n",
    "a bare carriage return": b"GET /healthz HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "a folded line": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "a folded first line": b"GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 5\r\n\r\nhello",
    "a space before a name": POST + b"X: y\r\n Content-Length: 5\r\n\r\nhello",
    "no colon": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "no name": b"GET /healthz HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "NUL in a value": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "NUL in a name": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX\x00: b\r\n\r\n",
    "a control character": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n",
    "DEL": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a path that is not ASCII": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/2": b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/9": b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
    "HTTP/1.7": b"GET /healthz HTTP/1.7\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
}
BODIES = {
    "a chunk's size that is none": b"x\r\nhello\r\n0\r\n\r\n",
    "a chunk's size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a negative chunk": b"-1\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than it says": b"3\r\nhello\r\n0\r\n\r\n",
    "junk behind a chunk": b"5\r\nhelloXX0\r\n\r\n",
    "a bare line feed behind a size": b"5\nhello\r\n0\r\n\r\n",
    "a trailer that is no header": b"5\r\nhello\r\n0\r\nno header\r\n\r\n",
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
async def test_it_is_refused_with_400_and_nothing_behind_it_is_read(
    served: Served, sent: bytes
) -> None:
    async with wired(served.port) as wire:
        wire.writer.write(sent + BEHIND)
        answer = await wire.ended()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (body["code"], body["status"], body["retryable"]) == ("bad_request", 400, False)
    assert body["request_id"].encode() in answer.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_broken_body_is_refused_and_does_nothing(served: Served, body: bytes) -> None:
    head = b"POST /v1/state-machines/order/executions HTTP/1.1\r\nHost: localhost\r\n"
    async with wired(served.port) as wire:
        wire.writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n" + body + BEHIND)
        answer = await wire.ended()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert not served.stub.calls["StartExecution"]


@pytest.mark.parametrize("size", [HEAD_BYTES + 1, 60_000, 200_000])
async def test_a_head_too_long_is_answered_431_however_it_comes(served: Served, size: int) -> None:
    async with wired(served.port) as wire:
        wire.writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * size + b"\r\n\r\n")
        head = await wire.answered()
        assert (head.status, head.last) == (431, True)


async def test_who_goes_on_sending_still_reads_the_answer(served: Served) -> None:
    """A connection closed with bytes unread is reset, and the answer may be lost."""
    async with wired(served.port) as wire:
        wire.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 8_000_000)
        await wire.writer.drain()
        wire.writer.write_eof()
        answer = await wire.ended()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"head_too_large" in answer


async def test_a_head_of_too_many_lines_is_answered_431(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"a:\r\n" * 300 + b"\r\n")
        assert (await wire.answered()).status == 431


@pytest.mark.parametrize(
    "lines",
    [
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: Chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        b"content-length:2\r\nX:\t a\tb \xe4 \r\n\r\n{}",
    ],
)
async def test_what_the_rfc_allows_is_taken(served: Served, lines: bytes) -> None:
    head = b"POST /v1/ws-tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    async with wired(served.port) as wire:
        wire.writer.write(head + lines + BEHIND)
        assert [(await wire.answered()).status for _ in range(2)] == [201, 200]


async def test_a_page_of_an_allowed_site_can_read_the_refusal(serve: Serving) -> None:
    origin = "https://shop.example"
    async with serve(allowed_origins=origin) as served:
        for sent, asked in ((origin, True), ("https://evil.example", False)):
            async with wired(served.port) as wire:
                wire.send(
                    f"GET / HTTP/1.1\r\nHost: a\r\nOrigin: {sent}\r\nX: {'x' * 40_000}\r\n\r\n"
                )
                head = await wire.answered()
            assert head.status == 431
            assert "vary: origin" in head.lines
            assert (f"access-control-allow-origin: {origin}" in head.lines) is asked


async def test_a_head_in_two_pieces_is_looked_at_whole(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.send("GET /healthz HTTP/1.1\r\nHost: a\r")
        await asyncio.sleep(0.02)
        wire.send("\n folded\r\n\r\n")
        assert (await wire.answered()).status == 400


@given(st.lists(st.sampled_from([b"Content-Length: 1", b"X: y", b"Host: a"]), max_size=300))
def test_a_plain_head_is_refused_for_its_length_alone(lines: list[bytes]) -> None:
    head = b"GET / HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    too_many = len(lines) + 2 > MOST_LINES
    assert refused(head, at_most=HEAD_BYTES) == (431 if too_many else 0)
    assert refused(head, at_most=len(head) - 1) == 431


@given(st.binary(max_size=100))
def test_a_value_with_what_no_value_may_hold_is_refused(value: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nX: " + value + b"y\r\n\r\n"
    bad = any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in value)
    assert (refused(head, at_most=HEAD_BYTES) == 400) is bad or b"\r\n" in value
