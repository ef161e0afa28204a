"""Sockets that send frames of one kind as fast as they are taken, and come back when closed."""

import argparse
import asyncio
import contextlib
import json
import struct
from urllib.parse import urlsplit

import uvloop

FIN, TEXT, BINARY, CLOSE, PING, PONG = 0x80, 0x1, 0x2, 0x8, 0x9, 0xA
PIECE = 65_536
HANDSHAKE = (
    "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """A client's, below 126 bytes, masked with zeros."""
    return bytes((opcode, 0x80 | len(payload))) + bytes(4) + payload


KINDS: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "empty pings": (b"", frame(FIN | PING)),
    "long pings": (b"", frame(FIN | PING, b"x" * 125)),
    "empty pongs": (b"", frame(FIN | PONG)),
    "empty messages": (b"", frame(FIN | TEXT)),
    "binary messages": (b"", frame(FIN | BINARY, b"x")),
    "JSON pings": (b"", frame(FIN | TEXT, b'{"type":"ping"}')),
    "subscribing and unsubscribing": (
        b"",
        frame(FIN | TEXT, b'{"type":"subscribe","id":"a","execution":"order:one"}')
        + frame(FIN | TEXT, b'{"type":"unsubscribe","id":"a"}'),
    ),
    "empty fragments": (frame(TEXT), frame(0)),
    "fragments of a byte": (frame(TEXT), frame(0, b" ")),
    "close frames": (b"", frame(FIN | CLOSE, struct.pack("!H", 1000))),
    "broken frames": (b"", frame(FIN | 0x3)),
}
"""What comes first, and what again and again."""


async def flood(host: str, port: int, first: bytes, again: bytes) -> int:
    """One connection's; how many bytes went out until it was closed."""
    reader, writer = await asyncio.open_connection(host, port)
    sent = 0
    try:
        writer.write(HANDSHAKE.encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        piece = again * (PIECE // len(again)) if again else b""
        while not reader.at_eof():
            writer.write(piece)
            sent += len(piece)
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0 if piece else 0.1):
                    await reader.read(PIECE)
    except (OSError, asyncio.IncompleteReadError):
        return sent
    finally:
        writer.transport.abort()
    return sent


async def main(url: str, kind: str, *, sockets: int, seconds: float) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    host, port, (first, again) = parts.hostname, parts.port, KINDS[kind]
    connections = sent = 0

    async def keep_on() -> None:
        nonlocal connections, sent
        while True:
            connections += 1
            sent += await flood(host, port, first, again)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for _ in range(sockets):
                group.create_task(keep_on())
    print(json.dumps({"connections": connections, "sent_mib": sent / 2**20}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--sockets", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    uvloop.run(main(given.url, given.kind, sockets=given.sockets, seconds=given.seconds))
