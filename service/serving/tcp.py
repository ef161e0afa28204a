"""One TCP connection of Hypercorn's, with its loose ends tied: it speaks HTTP/1.1 alone and by the
letter, says in a problem why it takes a request for none, ends when its client has closed it, and
doesn't wait for ever for a request that has begun to arrive.

HTTP/2 without TLS is off: load balancers speak HTTP/1.1 to their targets where WebSockets are to
pass, ready-made frames need it, and an upgrade to h2c that a proxy in front lets through is a way
around that proxy.
"""

import asyncio
import contextlib
from typing import Any, cast

import h11
from hypercorn import protocol
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol

from service.core.origins import shared_headers

from .config import ServerConfig
from .heads import StrictConnection
from .refusals import refusal

READ_BYTES = 65_536
LINGER_S = 1.0
"""How long a client may take to read what its request was refused with."""


class Http1(H11Protocol):
    """Takes H11Protocol's place."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        config = cast(ServerConfig, self.config)
        self._strict = StrictConnection(head_bytes=config.head_bytes)
        self.connection = self._strict
        self._origins = config.origins

    def unfinished(self) -> bool:
        """Whether a part of a request's head has come, and the rest hasn't."""
        connection = self.connection
        if not isinstance(connection, h11.Connection) or connection.their_state is not h11.IDLE:
            return False
        return bool(connection.trailing_data[0])

    async def refuse_slow(self) -> None:
        """408, and the end of the connection (RFC 9110, section 15.5.9)."""
        if self.unfinished():
            await self._refuse(408)
            await self.send(Closed())

    async def _check_protocol(self, event: h11.Request) -> None:
        """No way to HTTP/2: an offer to upgrade is one a server may pass over (RFC 9110, 7.8)."""

    async def _send_error_response(self, status_code: int) -> None:
        """By the reader, which then closes: with bytes unread that would reset the connection, and
        the answer be lost on its way."""
        await self._refuse(status_code)
        await cast(EndingServer, cast(Any, self.send).__self__).hear_out()

    async def _refuse(self, status_code: int) -> None:
        """With a problem, which pages of sites that may call here can read."""
        answer = refusal(status_code)
        headers = [*answer.headers, *shared_headers(self._strict.origin, self._origins)]
        encoded = [(name.encode(), text.encode()) for name, text in headers]
        await self._send_h11_event(h11.Response(status_code=answer.status, headers=encoded))
        await self._send_h11_event(h11.Data(data=answer.body))
        await self._send_h11_event(h11.EndOfMessage())


class EndingServer(TCPServer):
    """Hypercorn cancels and makes an idle task at each request; here one task lasts as long as the
    connection and looks at when it fell idle.
    """

    idle_since: float | None = None
    _late: asyncio.TimerHandle | None = None

    async def protocol_send(self, event: Event) -> None:
        if isinstance(event, Updated):
            self.idle_since = self.loop.time() if event.idle else None
            self._head_came()
        elif not (isinstance(event, RawData) and not event.data):  # h11 ends a body with nothing
            await super().protocol_send(event)

    async def _idle_timeout(self) -> None:
        """Close the connection once it has been idle for keep_alive_timeout, or is when the server
        ends; a busy one is closed by the protocol after its answer."""
        limit_s = self.config.keep_alive_timeout
        while (left_s := self._idle_left_s(limit_s)) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.context.terminated.wait(), left_s)
                if self.idle_since is None:
                    return
                break
        await asyncio.shield(self._initiate_server_close())

    def _idle_left_s(self, limit_s: float) -> float:
        if self.idle_since is None:
            return limit_s
        return self.idle_since + limit_s - self.loop.time()

    async def run(self) -> None:
        """Cancelled only where the process ends and a request still hangs: asyncio before Python
        3.12 would log a traceback for a connection's task that ends cancelled."""
        self.idle_since = self.loop.time()  # its first request may be there before its idle task
        with contextlib.suppress(asyncio.CancelledError):
            await super().run()

    async def _read_data(self) -> None:
        """The inherited loop, looking after each piece whether a request has begun to arrive."""
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(READ_BYTES)
            except OSError:
                break
            await self.protocol.handle(RawData(data))
            self._look_at_head()
        self._head_came()
        await self.protocol.handle(Closed())
        await self.idle_task.stop()

    async def hear_out(self) -> None:
        """Nothing more is said, and what still comes is thrown away, for a moment."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                self.writer.write_eof()
                while await self.reader.read(READ_BYTES):
                    continue

    @property
    def _http(self) -> Http1:
        return cast(Http1, self.protocol.protocol)

    def _look_at_head(self) -> None:
        limit_s = self.config.read_timeout
        if limit_s is None or self._late is not None or self.idle_since is None:
            return
        if self._http.unfinished():
            self._late = self.loop.call_later(limit_s, self._head_is_late)

    def _head_came(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        self._task_group.spawn(self._http.refuse_slow)


def install() -> None:
    """Make Hypercorn speak Http1."""
    vars(protocol)["H11Protocol"] = Http1
