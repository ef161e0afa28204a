"""Where a socket's messages go out: without waiting where the server lets us, else through ASGI.

A stalled peer blocks an ASGI `send` with no timeout. Both outlets therefore say whether they can
take more (`ready`, while which `write` may be called: it never waits), and `drain` waits for that,
raising TimeoutError where the peer takes nothing for a while. `hush` makes way for a close frame,
and `abort` cuts a peer off that none can reach.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from service.core.protocol.encoded_messages import Message
from service.core.raw_connection import Transport


class FrameOutlet:
    """Writes ready-made frames to the server's transport: one write a socket and update."""

    def __init__(self, transport: Transport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self.ready = transport.writable
        self.abort = transport.abort

    def write(self, message: Message) -> None:
        self._transport.write(message.frame)

    async def drain(self) -> None:
        left = self._transport.buffered()
        while True:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._transport.drain()
            except TimeoutError:
                if (now := self._transport.buffered()) >= left:
                    raise
                left = now  # slow, but reading

    async def hush(self) -> None:
        """Close frames get through as it is."""


class AsgiOutlet:
    """For any other ASGI server: a short outbox; `drain` sends it."""

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        hush: Callable[[], Awaitable[None]],
        timeout_s: float,
    ) -> None:
        self._send = send
        self._hush = hush
        self._timeout_s = timeout_s
        self._outbox: deque[Message] = deque()

    def ready(self) -> bool:
        return not self._outbox

    def write(self, message: Message) -> None:
        self._outbox.append(message)

    async def drain(self) -> None:
        while self._outbox:
            async with asyncio.timeout(self._timeout_s):
                await self._send(self._outbox[0].text.decode())
            self._outbox.popleft()

    async def hush(self) -> None:
        await self._hush()

    def abort(self) -> None:
        self._outbox.clear()


Outlet = FrameOutlet | AsgiOutlet
