"""Requests that are refused before a handler sees them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.web.conftest import Serving
from tests.web.served import Served, settled, tasks

ORDER = "/v1/state-machines/order/executions"


async def test_a_body_too_large_is_refused(serve: Serving) -> None:
    async with serve(max_body_bytes=2048) as served:
        for size in (2049, 60_000):
            answer = await served.call("POST", ORDER, data=b'"' + b"x" * size + b'"')
            assert (answer.status, answer.media_type) == (413, "application/problem+json")
        assert (await served.call("POST", ORDER, data=b" " * 2048)).status == 202


async def test_a_body_too_large_without_a_length_is_refused(serve: Serving) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b" " * 1024

    async with serve(max_body_bytes=2048) as served:
        answer = await served.call("POST", ORDER, data=chunks())
        assert answer.status == 413


async def raw(served: Served, data: bytes) -> bytes:
    """What the server answers to bytes that may be no HTTP, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(data)
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"not http at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 70_000,
        b"GET /v1/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
    ids=["noise", "bad length", "two hosts", "endless headers", "half an upgrade"],
)
async def test_broken_http_is_a_400_and_the_end(served: Served, data: bytes) -> None:
    answer = await raw(served, data)
    assert answer.startswith(b"HTTP/1.1 4")
    assert (await served.get("/healthz")).status == 200


@pytest.mark.parametrize("pieces", [40, 640], ids=["2.5 MiB", "40 MiB"])
@pytest.mark.parametrize("path", [ORDER, "/nothing", "/v1/ws"])
async def test_an_upload_too_large_is_seen_to_its_end_or_cut_off(
    served: Served, path: str, pieces: int
) -> None:
    """Server, app and client must not wait for each other while the client still sends."""
    before = tasks()

    async def upload() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        size = pieces * 65_536
        writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
        try:
            for _ in range(pieces):
                writer.write(b" " * 65_536)
                await writer.drain()
            return await reader.readline()
        except ConnectionError:
            return b"cut off"
        finally:
            writer.transport.abort()

    async with asyncio.timeout(20):
        answers = set(await asyncio.gather(*(upload() for _ in range(3))))
    if pieces == 40:
        assert answers <= {b"HTTP/1.1 413 \r\n", b"HTTP/1.1 404 \r\n", b"HTTP/1.1 405 \r\n"}
    await settled(before)
