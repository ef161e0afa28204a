"""Changes how Hypercorn opens a WebSocket: once the app accepts it, a `SocketProtocol` has the
connection, and Hypercorn's and the app's tasks end. permessage-deflate is never agreed, as each
socket would compress every update again.

Mended: a handshake that is refused leaves connection and app hanging. All of it rests on Hypercorn
0.18."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from h11 import InformationalResponse
from hypercorn.protocol import h11
from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import AppWrapper, WebsocketAcceptEvent

from handrail.core.protocol.close_codes import CloseCode
from handrail.core.raw_connection import EXTENSION, Take

from .hypercorn_tcp import Http1

DEFLATE = b"sec-websocket-extensions"
VERSION, KEY = b"sec-websocket-version", b"sec-websocket-key"
PROTOCOL = b"sec-websocket-protocol"
_KEY = re.compile(rb"[0-9A-Za-z+/]{22}==")
SERVER_ERROR = 500


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


class Upgrade(WSStream):
    """Takes WSStream's place in HTTP/1.1 connections, for an app that takes its sockets over."""

    def __init__(self, app: AppWrapper, *args: Any) -> None:
        super().__init__(app, *args)
        self.app = partial(self._offering, app)
        self._take = cast("Take | None", None)
        self._gone = False

    async def handle(self, event: Event) -> None:
        if isinstance(event, Request):
            event.headers[:] = [h for h in event.headers if h[0].lower() != DEFLATE]
            if status := refused_handshake(event.headers):
                await self._send_error_response(status)
                self.closed = True  # from here on Hypercorn passes over what comes
        elif isinstance(event, StreamClosed):
            self._gone = True
        await super().handle(event)
        if self.closed and not self._gone:  # the handshake was answered with an error
            self._gone = True
            if self.app_put is not None:
                await self.app_put({"type": "websocket.disconnect", "code": int(CloseCode.LOST)})
            await self.send(StreamClosed(stream_id=self.stream_id))

    async def _offering(self, app: Any, scope: Any, *args: Any) -> None:
        scope["extensions"][EXTENSION] = lambda take: setattr(self, "_take", take)
        await app(scope, *args)

    async def _accept(self, message: WebsocketAcceptEvent) -> None:
        """Raises RuntimeError where the app takes nothing over."""
        if self._take is None:
            raise RuntimeError("The app must take over what it accepts.")
        wanted, more = message.get("subprotocol"), message.get("headers", [])
        status, headers, _ = self.handshake.accept(wanted, more)
        headers += self.config.response_headers("h11")
        answer = InformationalResponse(status_code=status, headers=headers)
        self._http.tcp.hand_over(self._http.connection.send(answer) or b"", self._take)
        self.closed = self._gone = True

    @property
    def _http(self) -> Http1:
        return cast(Http1, cast(Any, self.send).__self__)

    async def _send_error_response(self, status_code: int) -> None:
        """Answers the sender's mistakes with problems, and a failing app's as Hypercorn does."""
        if status_code >= SERVER_ERROR:
            await super()._send_error_response(status_code)
        else:
            await self._http.refuse(status_code, seen=self.app_put is not None)


def install() -> None:
    """Makes Hypercorn open WebSockets by Upgrade."""
    vars(h11)["WSStream"] = Upgrade
