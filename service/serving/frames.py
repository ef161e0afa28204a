"""Hypercorn's WebSocket stream with two things changed, for the sake of fan-out, and its loose
ends tied.

permessage-deflate is taken off the handshake: Hypercorn answers it whenever a client offers it and
has no switch; each socket would then hold a zlib context and compress every update again.
And the app is shown the connection's raw end (`Transport`): one update's frame, built once, is
written as it is to every socket.

The loose ends: a message too large is refused but then kept growing in memory, and a handshake
refused, or talked into, leaves connection and app hanging.

All of it rests on Hypercorn 0.18's internals; where those look
different, the app gets no raw end and goes the ASGI way.
"""

import asyncio
from functools import partial
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol import h11
from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import AppWrapper
from wsproto.events import CloseConnection

from service.core.transport import EXTENSION

DEFLATE = b"sec-websocket-extensions"
ABNORMAL = 1006
LINGER_S = 1.0
"""How long a peer may take to read that its message was too large."""


class FrameStream(WSStream):
    """Takes WSStream's place in HTTP/1.1 connections."""

    def __init__(self, app: AppWrapper, *args: Any) -> None:
        super().__init__(app, *args)
        self.app = partial(self._with_transport, app)
        self._ended = False
        self._too_large = False

    async def handle(self, event: Event) -> None:
        if isinstance(event, Request):
            event.headers[:] = [h for h in event.headers if h[0].lower() != DEFLATE]
        elif isinstance(event, StreamClosed):
            self._ended = True
        await super().handle(event)
        if self.closed and not self._ended:
            self._ended = True
            await self._refused()

    async def _refused(self) -> None:
        """The handshake was answered with an error: end the connection, and the app if it runs."""
        if self.app_put is not None:
            await self.app_put({"type": "websocket.disconnect", "code": ABNORMAL})
        await self.send(StreamClosed(stream_id=self.stream_id))

    async def _handle_events(self) -> None:
        if not self._too_large:
            await super()._handle_events()
            if self.buffer.length > self.buffer.max_length:
                self._too_large = True
                self.buffer.clear()
                self.task_group.spawn(self._give_up)
        elif any(isinstance(event, CloseConnection) for event in self.connection.events()):
            await self._end()

    async def _give_up(self) -> None:
        await asyncio.sleep(LINGER_S)
        await self._end()

    async def _end(self) -> None:
        if not self._ended:
            await self.send(StreamClosed(stream_id=self.stream_id))

    async def _with_transport(self, app: Any, scope: Any, *args: Any) -> None:
        scope["extensions"][EXTENSION] = self._transport
        await app(scope, *args)

    def _transport(self) -> "StreamTransport | None":
        protocol = getattr(self.send, "__self__", None)
        if not isinstance(protocol, H11Protocol):
            return None
        server = getattr(protocol.send, "__self__", None)
        return StreamTransport(server.writer) if isinstance(server, TCPServer) else None


class StreamTransport:
    """The raw end of one connection; see `Transport`."""

    __slots__ = ("_high", "_transport", "_writer")

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._transport = writer.transport
        self._high = self._transport.get_write_buffer_limits()[1]

    def writable(self) -> bool:
        return self._transport.get_write_buffer_size() <= self._high

    def buffered(self) -> int:
        return self._transport.get_write_buffer_size()

    def write(self, frame: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(frame)

    async def drain(self) -> None:
        await self._writer.drain()

    def abort(self) -> None:
        self._transport.abort()


def install() -> None:
    """Make Hypercorn use FrameStream for HTTP/1.1 connections."""
    vars(h11)["WSStream"] = FrameStream
