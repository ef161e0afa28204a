"""Changes one TCP connection of Hypercorn's: it speaks HTTP/1.1 alone and by the letter, refuses
with a problem, ends when its client has closed it, and bounds how long a request's head may take.

An upgrade to HTTP/2 that a proxy in front lets through would be a way around that proxy. And h11
takes heads that RFC 9112 forbids: a proxy that reads them otherwise would see other requests than
this server does (request smuggling), so they are refused before h11 sees them."""

import asyncio
import contextlib
import re
import secrets
from types import SimpleNamespace
from typing import Any, cast

import h11
from hypercorn import protocol
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from pydantic_core import to_json

from handrail.core.access.origins import shared_headers
from handrail.core.protocol.problem import CONTENT_TYPE, NOT_KEPT, Refusal, problem_document
from handrail.core.raw_connection import Take

from .server_config import ServerConfig
from .socket_protocol import OpenSockets, SocketProtocol

READ_BYTES = 65_536
CLOSED = SimpleNamespace(is_closing=lambda: True)
"""In place of the transport of a StreamWriter, which would close that as it is collected."""
LINGER_S = 1.0  # for a client to read what its request was refused with
MOST_LINES = 256  # of a head: each costs time to read, whatever its length
_END = re.compile(rb"\n\r?\n")  # as h11 finds it; a bare line feed is refused below
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n)|\n[ \t]")
"""Control characters, line ends of half their length, and folded lines (RFC 9112, 2.2 and 5.2)."""
_VERSION = re.compile(rb"[^\r]* HTTP/1\.([01])\r\n")
_LENGTH = re.compile(rb"\ncontent-length:", re.IGNORECASE)
_CODING = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)
_ORIGIN = re.compile(rb"\norigin:[ \t]*([^\r\n]*?)[ \t]*\r?\n", re.IGNORECASE)

REFUSALS = {
    403: ("forbidden", "Forbidden", "No WebSocket is opened here."),
    404: ("not_found", "Not Found", "Nothing is served under this name."),
    408: ("request_timeout", "Request Timeout", "The head of the request didn't arrive in time."),
    426: ("upgrade_required", "Upgrade Required", "The WebSocket's version here is 13 (RFC 6455)."),
    431: ("head_too_large", "Request Header Fields Too Large", "The request's head is too long."),
    503: ("overloaded", "Too many connections at once", "This replica holds as many as it may."),
}
BAD_REQUEST = ("bad_request", "Bad Request", "This isn't a request as RFC 9112 and 6455 have it.")
ALSO = {
    426: [(b"upgrade", b"websocket"), (b"sec-websocket-version", b"13")],  # RFC 6455, 4.2.2
    503: [(b"retry-after", b"1")],
}


def refusal(status: int) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Builds the last answer on a connection, a problem (RFC 9457): status, headers and body. Any
    status without a text here is the sender's mistake, 501 too, and becomes 400."""
    code, title, detail = REFUSALS.get(status, BAD_REQUEST)
    status, id = status if status in REFUSALS else 400, secrets.token_hex(8)
    problem = Refusal(status, code, title, detail, retryable=status in {408, 503})
    body = to_json(problem_document(problem, request_id=id))
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", NOT_KEPT.encode()),
        (b"connection", b"close"),
        (b"x-request-id", id.encode()),
    ]
    return status, headers + ALSO.get(status, []), body


class StrictConnection(h11.Connection):
    """Checks each head before h11 parses it. A connection that was refused once stays so."""

    def __init__(self, *, head_bytes: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=head_bytes)
        self.origin: str | None = None
        """The Origin header of the last head that came, as far as it came."""
        self._head_bytes = head_bytes
        self._refusal: h11.RemoteProtocolError | None = None

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Raises RemoteProtocolError, whose hint is 400 or 431."""
        if self._refusal is None and self.their_state is h11.IDLE:
            received = self.trailing_data[0]
            found = _END.search(received)
            head = received[: found.end()] if found else received
            origin = _ORIGIN.search(head)
            self.origin = origin[1].decode("latin1") if origin else None
            if found and (status := refused(head, at_most=self._head_bytes)):
                self._refusal = h11.RemoteProtocolError("refused", error_status_hint=status)
        if self._refusal is not None:
            raise self._refusal
        return super().next_event()


def refused(head: bytes, *, at_most: int) -> int:
    """Answers the status that this head, its last empty line included, is refused with, or 0."""
    if len(head) > at_most or head.count(b"\n") > MOST_LINES:
        return 431
    version = _VERSION.match(head)
    if version is None or _FORBIDDEN.search(head):
        return 400
    if _CODING.search(head) and (_LENGTH.search(head) or version[1] == b"0"):
        return 400  # RFC 9112, 6.1
    return 0


class Http1(H11Protocol):
    """Takes H11Protocol's place."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        config = cast(ServerConfig, self.config)
        self._strict = StrictConnection(head_bytes=config.h11_max_incomplete_size)
        self.connection = self._strict
        self._origins = config.origins
        self._head = b""

    @property
    def tcp(self) -> "EndingServer":
        return cast(EndingServer, cast(Any, self.send).__self__)

    def unfinished(self) -> bool:
        """True where a part of a request's head has come, and the rest hasn't."""
        connection = self.connection
        http = isinstance(connection, h11.Connection)
        return http and connection.their_state is h11.IDLE and bool(connection.trailing_data[0])

    async def refuse_slow(self) -> None:
        """Answers 408 and ends the connection (RFC 9110, section 15.5.9)."""
        if self.unfinished():
            await self.refuse(408)
            await self.send(Closed())

    async def _send_h11_event(self, event: h11.Event) -> None:
        """Writes a head that tells its body's length together with what follows it at once."""
        try:
            data = self.connection.send(cast(Any, event))
        except h11.LocalProtocolError:
            if self.connection.their_state is not h11.ERROR:
                raise
            return
        data, self._head = self._head + data, b""
        if isinstance(event, h11.Response) and b"content-length" in dict(event.headers):
            self._head = data
        elif data:  # h11 ends a body with nothing
            await self.send(RawData(data))

    async def _check_protocol(self, event: h11.Request) -> None:
        """Passes over an offer to upgrade to HTTP/2, as a server may (RFC 9110, 7.8)."""

    async def _send_error_response(self, status_code: int) -> None:
        """Reads on for a moment before it closes: with bytes unread the connection would be reset,
        and the answer lost on its way."""
        await self.refuse(status_code)
        await self.tcp.hear_out()

    async def refuse(self, status_code: int, *, seen: bool = False) -> None:
        """Answers a problem, which pages of sites that may call here can read; logs it, unless the
        app has `seen` the request."""
        status, headers, body = refusal(status_code)
        if not seen:
            id = dict(headers)[b"x-request-id"].decode()
            config = cast(ServerConfig, self.config)
            config.request_log.request(status, None, bytes=len(body), request_id=id)
        for name, text in shared_headers(self._strict.origin, self._origins):
            headers.append((name.encode(), text.encode()))
        answer = h11.Response(status_code=status, headers=headers)
        for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
            await self._send_h11_event(event)


class EndingServer(TCPServer):
    """Times an idle connection out by one task that lasts as long as the connection, where
    Hypercorn cancels and makes one at each request. Ends once the connection was handed over."""

    sockets: OpenSockets
    _heir: SocketProtocol | None = None
    idle_since: float | None = None
    _late: asyncio.TimerHandle | None = None

    async def protocol_send(self, event: Event) -> None:
        if isinstance(event, Updated):
            self.idle_since = self.loop.time() if event.idle else None
            self._head_came()
        else:
            await super().protocol_send(event)

    async def _idle_timeout(self) -> None:
        """Close the connection once it has been idle for keep_alive_timeout, or is when the server
        ends; a busy one is closed by the protocol after its answer."""
        limit_s, now = self.config.keep_alive_timeout, self.loop.time
        while (left_s := (self.idle_since or now()) + limit_s - now()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.context.terminated.wait(), left_s)
                if self.idle_since is None:
                    return
                break
        await asyncio.shield(self._initiate_server_close())

    async def run(self) -> None:
        """Cancelled only where the process ends and a request still hangs: asyncio before Python
        3.12 would log a traceback for a connection's task that ends cancelled."""
        self.idle_since = self.loop.time()  # its first request may be there before its idle task
        with contextlib.suppress(asyncio.CancelledError):
            await super().run()

    async def _close(self) -> None:
        """A peer that reset the connection is gone, in whichever way the operating system says so:
        Hypercorn knows some of them, and asyncio would log a traceback for the others."""
        if self._heir is None:
            with contextlib.suppress(OSError):
                await super()._close()

    def hand_over(self, answer: bytes, take: Take) -> None:
        """Writes the answer to a handshake, and makes the socket `take`'s. Nothing where the peer
        is gone meanwhile."""
        transport = cast(asyncio.Transport, self.writer.transport)
        if transport.is_closing() or self.reader.at_eof():
            return
        self._heir = SocketProtocol(transport, self.sockets)
        self._heir.owner = take(self._heir)
        self.sockets.add(self._heir)
        transport.pause_reading()  # until what came already is passed on
        transport.write(answer)
        transport.set_protocol(self._heir)
        vars(self.writer)["_transport"] = CLOSED
        self.reader.feed_eof()

    async def _read_data(self) -> None:
        """Reads as the inherited loop does, and gives a head that began to arrive its time."""
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(READ_BYTES)
            except OSError:
                break
            if self._heir is not None:
                self._heir.data_received(data)
                continue
            await self.protocol.handle(RawData(data))
            limit_s, idle = self.config.read_timeout, self.idle_since is not None
            if limit_s is not None and idle and self._late is None and self._http1.unfinished():
                self._late = self.loop.call_later(limit_s, self._head_is_late)
        self._head_came()
        await self.protocol.handle(Closed())
        await self.idle_task.stop()
        if self._heir is not None:
            self._heir.transport.resume_reading()

    async def hear_out(self) -> None:
        """Throws away what still comes, for a moment, after the last answer."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                self.writer.write_eof()
                while await self.reader.read(READ_BYTES):
                    continue

    @property
    def _http1(self) -> Http1:
        return cast(Http1, self.protocol.protocol)

    def _head_came(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        self._task_group.spawn(self._http1.refuse_slow)


def install() -> None:
    """Make Hypercorn speak Http1."""
    vars(protocol)["H11Protocol"] = Http1
