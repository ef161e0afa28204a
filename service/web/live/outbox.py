"""Carries a socket's messages through ASGI, for servers that hand no connection over."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import Message
from handrail.core.raw_connection import SocketOwner
from handrail.web.quart_patches.http_connection import discard

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable

CLOSE_TIMEOUT_S = 1.0  # for a close frame to be sent, and for the answer to it


class AsgiOutbox:
    """Implements `SocketEnd`: a message at a time, each sent by a task, for a stalled peer blocks
    an ASGI `send` with no timeout. Set its `owner` before it is used. `peer_left` is whether there
    is nothing more to receive."""

    owner: SocketOwner
    peer_left = False

    def __init__(self, send: Callable[[str], Awaitable[None]], timeout_s: float) -> None:
        self._closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._send, self._timeout_s = send, timeout_s
        self._sending: asyncio.Task[None] | None = None

    def ready(self) -> bool:
        return self._sending is None

    def write(self, message: Message) -> None:
        self._sending = asyncio.ensure_future(self._sent(message))

    def close(self, code: int, reason: str) -> None:
        if not self._closed.done():
            self._closed.set_result((code, reason))

    async def run(
        self, receive: "ASGIReceiveCallable", close: Callable[[int, str], Awaitable[None]]
    ) -> bool:
        """Hands over what comes, until the socket ends. Whether it was closed from here."""
        receiving = asyncio.ensure_future(self._received(receive))
        either: set[asyncio.Future[Any]] = {receiving, self._closed}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                self.owner.gone(receiving.result())
                return False
            receiving.cancel()  # some servers send nothing while they are asked for a message
            await asyncio.wait({receiving})
            closed = await self._close(close)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await discard(receive)
                    self.peer_left = True
            return closed
        finally:
            for task in (receiving, self._sending):
                if task is not None:
                    task.cancel()

    async def _close(self, close: Callable[[int, str], Awaitable[None]]) -> bool:
        code, reason = self._closed.result()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await close(code, reason)
        except (OSError, RuntimeError):  # gone meanwhile; servers say so in either way
            return False
        finally:  # once the close frame is out: a process that drains waits for that
            self.owner.gone(code)
        return True

    async def _received(self, receive: "ASGIReceiveCallable") -> int:
        """The code of the peer's end."""
        while True:
            event: Any = await receive()
            if event["type"] == "websocket.receive":
                data = event.get("bytes")
                self.owner.received(event["text"] if data is None else data)
            elif event["type"] == "websocket.disconnect":
                self.peer_left = True
                return event.get("code") or CloseCode.LOST

    async def _sent(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._send(message.text.decode())
        except TimeoutError:
            self.owner.stalled()
        except (OSError, RuntimeError):  # gone; servers say so in either way
            self.owner.gone(CloseCode.LOST)
        else:
            self._sending = None
            self.owner.resumed()
