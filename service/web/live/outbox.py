"""Sends a socket's messages: without waiting where the server lets us, else through ASGI.

A stalled peer blocks an ASGI `send` with no timeout. So `ready` says whether `write` may be called,
which never waits, and `drain` waits for that, raising TimeoutError where the peer takes nothing.
`pause_reading` makes way for a close frame; `abort` cuts a peer off that none can reach."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from handrail.core.protocol.encoded_messages import Message
from handrail.core.raw_connection import Transport


@dataclass(frozen=True, slots=True)
class FrameOutbox:
    """Writes ready-made frames to the server's transport: one write a socket and update."""

    transport: Transport
    timeout_s: float

    def ready(self) -> bool:
        return self.transport.writable()

    def write(self, message: Message) -> None:
        self.transport.write(message.frame)

    async def drain(self) -> None:
        left = self.transport.buffered()
        while True:
            try:
                async with asyncio.timeout(self.timeout_s):
                    return await self.transport.drain()
            except TimeoutError:
                if (now := self.transport.buffered()) >= left:
                    raise
                left = now  # slow, but reading

    async def pause_reading(self) -> None:
        """Close frames get through as it is."""

    def abort(self) -> None:
        self.transport.abort()


@dataclass(frozen=True, slots=True)
class AsgiOutbox:
    """For any other ASGI server: a short queue; `drain` sends it."""

    send: Callable[[str], Awaitable[None]]
    pause_reading: Callable[[], Awaitable[None]]
    timeout_s: float
    waiting: deque[Message] = field(default_factory=deque)

    def ready(self) -> bool:
        return not self.waiting

    def write(self, message: Message) -> None:
        self.waiting.append(message)

    async def drain(self) -> None:
        while self.waiting:
            async with asyncio.timeout(self.timeout_s):
                await self.send(self.waiting[0].text.decode())
            self.waiting.popleft()

    def abort(self) -> None:
        self.waiting.clear()


Outbox = FrameOutbox | AsgiOutbox
