"""Changes Hypercorn's WebSocket stream: permessage-deflate is never agreed, as each socket would
compress every update again, and the app is offered the raw connection (`Transport`), so that one
update's frame, built once, is written as it is to every socket.

Mended: a handshake that is refused leaves connection and app hanging; frames are taken as fast as
they come; a peer that breaks the protocol hears no reason. All of it rests on Hypercorn 0.18."""

import asyncio
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol import h11
from hypercorn.protocol.events import Body, EndBody, Event, Request, Response, StreamClosed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import FrameTooLargeError, WSStream
from hypercorn.typing import AppWrapper
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping
from wsproto.events import Event as FrameEvent

from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.session import TOO_MANY_MESSAGES
from handrail.core.raw_connection import EXTENSION
from handrail.core.shares import frames_allowed

from .hypercorn_tcp import refusal
from .server_config import ServerConfig

DEFLATE = b"sec-websocket-extensions"
VERSION, KEY = b"sec-websocket-version", b"sec-websocket-key"
PROTOCOL = b"sec-websocket-protocol"
_KEY = re.compile(rb"[0-9A-Za-z+/]{22}==")
ABNORMAL = 1006
SERVER_ERROR = 500
LINGER_S = 1.0
"""How long a peer may take to read why it was cut off, what it still sends being thrown away: a
socket closed with bytes unread is reset, and the reason lost on its way."""
DEAF_PAUSE_S = 0.02
"""Between two pieces of what is thrown away, so that TCP holds up who goes on sending."""
FRAMES_A_TURN = 32  # taken of one connection before the others have their turn


def refused_handshake(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Answers the status that a handshake of HTTP/1.1 is refused with, or 0 (RFC 6455, 4.2.1)."""
    found: dict[bytes, list[bytes]] = {}
    for name, text in headers:
        found.setdefault(name.lower(), []).append(text)
    versions, keys = found.get(VERSION, [b""]), found.get(KEY, [b""])
    read = [text for name in (b"connection", PROTOCOL) for text in found.get(name, ())]
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]) or not all(map(bytes.isascii, read)):
        return 400  # Hypercorn reads these as ASCII
    return 0 if versions == [b"13"] else 426


class FrameStream(WSStream):
    """Takes WSStream's place in HTTP/1.1 connections."""

    def __init__(self, app: AppWrapper, *args: Any) -> None:
        super().__init__(app, *args)
        self.app = partial(self._with_transport, app)
        self._allowance = frames_allowed(cast(ServerConfig, self.config).max_frames_per_s)
        self._deaf = False
        self._gone = asyncio.Event()
        self._raw: StreamTransport | None = None

    async def handle(self, event: Event) -> None:
        if self._deaf and not isinstance(event, StreamClosed):
            await asyncio.sleep(DEAF_PAUSE_S)
            return
        if isinstance(event, Request):
            event.headers[:] = [h for h in event.headers if h[0].lower() != DEFLATE]
            if status := refused_handshake(event.headers):
                await self._send_error_response(status)
                self.closed = True  # from here on Hypercorn passes over what comes
        elif isinstance(event, StreamClosed):
            self._gone.set()
        await super().handle(event)
        if self.closed and not self._gone.is_set():  # the handshake was answered with an error
            self._gone.set()
            if self.app_put is not None:
                await self.app_put({"type": "websocket.disconnect", "code": ABNORMAL})
            await self.send(StreamClosed(stream_id=self.stream_id))

    async def app_send(self, message: Any) -> None:
        """Drops what the app sends after the close frame."""
        if not self._deaf:
            await super().app_send(message)

    async def _send_wsproto_event(self, event: FrameEvent) -> None:
        """A close frame is the last one: what the app writes by itself ends before it is sent."""
        if isinstance(event, CloseConnection) and self._raw is not None:
            self._raw.stop()
        await super()._send_wsproto_event(event)

    async def _send_error_response(self, status_code: int) -> None:
        """Answers the sender's mistakes with problems, and a failing app's as Hypercorn does."""
        if status_code >= SERVER_ERROR:
            await super()._send_error_response(status_code)
            return
        (status, headers, body), id = refusal(status_code), self.stream_id
        await self.send(Response(stream_id=id, status_code=status, headers=headers))
        await self.send(Body(stream_id=id, data=body))
        await self.send(EndBody(stream_id=id))

    async def _handle_events(self) -> None:
        """Takes some frames a turn, until one too many, one that breaks the rules, or the last."""
        now = asyncio.get_running_loop().time()
        for number, event in enumerate(self.connection.events(), 1):
            if isinstance(event, CloseConnection):
                await self._closed_by(event)
            # wsproto hands over parts of a frame as they come: the last one counts.
            elif getattr(event, "frame_finished", True) and self._allowance.take(now) > 0:
                await self._cut_off(CloseCode.TOO_MANY)
            else:
                await self._take(event)
            if self._deaf or self._gone.is_set():
                return
            if number % FRAMES_A_TURN == 0:
                await asyncio.sleep(0)

    async def _take(self, event: FrameEvent) -> None:
        if isinstance(event, Ping):
            await self._send_wsproto_event(event.response())
        elif isinstance(event, Message):
            try:
                self.buffer.extend(event)
            except FrameTooLargeError:
                await self._cut_off(CloseCode.TOO_BIG)
                return
            if event.message_finished and self.app_put is not None:
                await self.app_put(self.buffer.to_message())
                self.buffer.clear()

    async def _closed_by(self, event: CloseConnection) -> None:
        """Ends it as the peer wishes; or, where wsproto says so, because it broke the rules."""
        if self.connection.state is ConnectionState.OPEN:
            await self._cut_off(CloseCode(event.code))
            return
        if self.connection.state is ConnectionState.REMOTE_CLOSING:
            await self._send_wsproto_event(event.response())
        await self.send(StreamClosed(stream_id=self.stream_id))

    async def _cut_off(self, code: CloseCode) -> None:
        """Sends the reason, then ignores both sides, and ends once the peer has had time to read
        it. Not wsproto's reason, which quotes what was sent."""
        self.buffer.clear()
        reason = TOO_MANY_MESSAGES if code is CloseCode.TOO_MANY else code.meaning
        await self._send_wsproto_event(CloseConnection(code=code, reason=reason))
        self._deaf = True
        if self._raw is not None:
            self._raw.shut()
        self.task_group.spawn(self._linger, code)

    async def _linger(self, code: CloseCode) -> None:
        if self.app_put is not None:
            await self.app_put({"type": "websocket.disconnect", "code": int(code)})
        try:
            async with asyncio.timeout(LINGER_S):
                await self._gone.wait()
        except TimeoutError:
            await self.send(StreamClosed(stream_id=self.stream_id))

    async def _with_transport(self, app: Any, scope: Any, *args: Any) -> None:
        protocol = getattr(self.send, "__self__", None)
        server = isinstance(protocol, H11Protocol) and getattr(protocol.send, "__self__", None)
        if isinstance(server, TCPServer):
            self._raw = StreamTransport(server.writer)
        scope["extensions"][EXTENSION] = lambda: self._raw
        await app(scope, *args)


class StreamTransport:
    """One raw connection; see `Transport`."""

    __slots__ = ("_high", "_stopped", "_transport", "abort", "buffered", "drain")

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._transport = writer.transport
        self._high = self._transport.get_write_buffer_limits()[1]
        self._stopped = False
        self.buffered, self.abort = self._transport.get_write_buffer_size, self._transport.abort
        self.drain = writer.drain

    def writable(self) -> bool:
        return self.buffered() <= self._high

    def write(self, frame: bytes) -> None:
        if not self._stopped and not self._transport.is_closing():
            self._transport.write(frame)

    def stop(self) -> None:
        """Nothing is written from here on."""
        self._stopped = True

    def shut(self) -> None:
        """Writes an end behind the last frame, for the peer to see and close."""
        self.stop()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()


def install() -> None:
    """Makes Hypercorn use FrameStream for HTTP/1.1 connections."""
    vars(h11)["WSStream"] = FrameStream
