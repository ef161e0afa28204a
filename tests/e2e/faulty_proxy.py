"""A proxy between a browser and a service, with the faults of real ones: it cuts, delays, refuses
WebSockets or event streams, and goes on when the service behind it is another process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

REFUSED = b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class FaultyProxy:
    """Speaks HTTP/1.1 with one request a connection, so that each can be refused."""

    target: int
    """The service's port."""
    refused: tuple[str, ...] = ()
    """What a request's first lines may not have in them."""
    delay_s: float = 0.0
    """How much later each piece arrives."""
    url: str = ""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Ends every connection in the middle of whatever it carries."""
        for writer in self._open:
            writer.transport.abort()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if any(each.encode() in head for each in self.refused):
                writer.write(REFUSED)
                await writer.drain()
            else:
                await self._pass_on(head, reader, writer)
        self._open.discard(writer)
        writer.close()

    async def _pass_on(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", self.target)
        if b"Upgrade: websocket" not in head:
            head = head.replace(b"Connection: keep-alive\r\n", b"Connection: close\r\n")
        out.write(head)
        try:
            ways = [self._carry(reader, out), self._carry(there, writer)]
            tasks = [asyncio.create_task(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        finally:
            out.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def faulty_proxy(target: int) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(target)
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    proxy.url = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
