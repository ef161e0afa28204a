"""WebSocket clients that keep no rules: raw bytes, nobody reading, gone without a word."""

import asyncio
import contextlib
import socket as sockets
import struct
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from .served import Served, eventually, settled

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def frame(payload: bytes, opcode: int = 0x81) -> bytes:
    """A client's frame, masked with zeros."""
    size = len(payload)
    head = bytes((opcode, 0x80 | size)) if size < 126 else struct.pack("!BBH", opcode, 0xFE, size)
    return head + bytes(4) + payload


@asynccontextmanager
async def bare(
    served: Served, path: str, *, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A WebSocket with nobody reading it but the test; the handshake is done."""
    raw = sockets.socket()
    if receive_buffer:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    try:
        writer.write(HANDSHAKE.format(path=path).encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
    finally:
        writer.transport.abort()


async def come_and_go(served: Served, paths: Iterable[str]) -> None:
    """A socket to each at once, closed as soon as it is open."""

    async def one(path: str) -> None:
        async with served.socket(path):
            pass

    await asyncio.gather(*map(one, paths))


async def drained(served: Served, before: Counter[str]) -> None:
    """No socket, no watcher and no task is left of what was."""
    await eventually(lambda: len(served.services.sockets) == 0)
    await eventually(lambda: served.services.hub.watchers == 0)
    await settled(before)


async def send_until_cut_off(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Returns once the server has closed the connection: only then nothing more can be sent."""
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0)
