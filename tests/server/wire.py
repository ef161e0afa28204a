"""HTTP/1.1 by hand: one connection that is kept, and what comes back on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """The status and the header lines of an answer."""

    status: int
    lines: frozenset[str]

    @property
    def last(self) -> bool:
        """Whether the connection ends with it."""
        return "connection: close" in self.lines


@dataclass(frozen=True, slots=True)
class Wire:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def get(self, path: str) -> Head:
        self.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
        return await self.answered()

    def send(self, text: str) -> None:
        self.writer.write(text.encode())

    async def answered(self) -> Head:
        """The next answer, its body passed over. Raises IncompleteReadError where none comes."""
        async with asyncio.timeout(10):
            raw = await self.reader.readuntil(b"\r\n\r\n")
            status, *lines = raw.decode().lower().split("\r\n")[:-2]
            head = Head(int(status.split()[1]), frozenset(lines))
            for line in head.lines:
                if line.startswith("content-length: "):
                    await self.reader.readexactly(int(line.partition(": ")[2]))
            return head

    async def ended(self) -> bytes:
        """What still comes until the server closes."""
        async with asyncio.timeout(10):
            return await self.reader.read()


@asynccontextmanager
async def wired(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def refused(port: int) -> bool:
    """Whether nobody listens there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.transport.abort()
    return False
