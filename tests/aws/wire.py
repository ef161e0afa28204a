"""An HTTP endpoint that answers byte for byte as told, and keeps what it was asked."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG, DROP = b"hang", b"drop"
ARN = "arn:aws:states:us-east-1:123456789012:execution:order:n"
STARTED = {"executionArn": ARN, "startDate": 1772366400.125}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; header names are in lower case. `at` is by our monotonic clock."""

    line: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(slots=True)
class Wire:
    """Answers each request with the next of `script`, and with an execution once that is empty: raw
    bytes, after which the connection is closed where they aren't a whole answer, DROP or HANG."""

    url: str = ""
    script: deque[bytes] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
                lines = (line.partition(": ") for line in head[1:-2])
                headers = {name.lower(): text for name, _, text in lines}
                body = await reader.readexactly(int(headers["content-length"]))
                self.asked.append(Asked(head[0], headers, body, time.monotonic()))
                self.came.set()
                answer = self.script.popleft() if self.script else told(200, STARTED)
                if answer == HANG:
                    await reader.read()
                if answer in {HANG, DROP}:
                    return
                writer.write(answer)
                if b"connection: close" in answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


def told(status: int, body: object, **headers: str) -> bytes:
    """A whole answer of AWS's."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {
        "x-amzn-RequestId": "8b4a8d7e",
        "Date": "Sun, 01 Mar 2026 12:00:00 GMT",
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(text)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + text


def cut(answer: bytes, *, by: int) -> bytes:
    """The answer without its end, and no more on this connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\nconnection: close\r\n\r\n" + body[:-by]


@asynccontextmanager
async def open_wire() -> AsyncIterator[Wire]:
    wire = Wire()
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    async with server:
        wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield wire
