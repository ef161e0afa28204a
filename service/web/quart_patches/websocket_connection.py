"""Replaces Quart's WebSocket connection: a callback takes each message as it comes, and reading
goes on, discarding, until the peer is gone.

Quart queues inbound messages without bound, and a handler that ends while its client floods leaves
the server's queue full and the connection open for ever."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from quart.asgi import ASGIWebsocketConnection
from quart.utils import cancel_tasks, raise_task_exceptions

from handrail.core.protocol.problem import Refusal

from .http_connection import discard, flaw_in, refused

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, WebsocketScope
    from quart import Quart

SCOPE_KEY = "handrail.connection"
CLOSE_TIMEOUT_S = 1.0  # how long a peer may take to answer a close frame
DISCARD_TIMEOUT_S = 30.0


class BoundedWebsocketConnection(ASGIWebsocketConnection):
    """One socket. Set `on_message` before accepting."""

    def __init__(self, app: "Quart", scope: "WebsocketScope") -> None:
        super().__init__(app, scope)
        self.on_message: Callable[[str | bytes], None] = _discard
        self.disconnect_code: int | None = None
        self._paused = False
        cast(dict[str, Any], scope)[SCOPE_KEY] = self
        tasks: set[asyncio.Task[None]] = app.extensions.setdefault("handrail.discarding", set())
        self._discarding = tasks

    async def __call__(self, receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        scope = cast(dict[str, Any], self.scope)
        if (flaw := flaw_in(scope)) is not None:
            await _refuse(scope, flaw, receive, send)
            return
        websocket = self._create_websocket_from_scope(send)
        self._receiver = asyncio.ensure_future(self.handle_messages(receive))
        handler = asyncio.ensure_future(self.handle_websocket(websocket, send))
        try:
            await asyncio.wait({handler, self._receiver}, return_when=asyncio.FIRST_COMPLETED)
            if self._paused:
                await asyncio.wait({handler})
                self._receiver = asyncio.ensure_future(self.handle_messages(receive))
            if not self._receiver.done():
                self.on_message = _discard
                await asyncio.wait({self._receiver}, timeout=CLOSE_TIMEOUT_S)
            raise_task_exceptions({task for task in (handler, self._receiver) if task.done()})
        finally:
            await cancel_tasks({t for t in (handler, self._receiver) if not t.done()})
            if not self._receiver.done() or self._receiver.cancelled():
                # The server may be waiting to hand over what it has read, until it gives up.
                task = asyncio.ensure_future(_discard_until_gone(receive))
                self._discarding.add(task)
                task.add_done_callback(self._discarding.discard)

    async def pause_reading(self) -> None:
        """Stop listening until the handler has ended, for a server that sends no close frame while
        it is asked for the next message."""
        if not self._receiver.done():
            self._paused = True
            await cancel_tasks({self._receiver})

    def give_up(self) -> None:
        """No close frame gets through: don't let Quart try to send another."""
        self._closed = True

    async def handle_messages(self, receive: "ASGIReceiveCallable") -> None:
        while True:
            event: Any = await receive()
            if event["type"] == "websocket.receive":
                data = event.get("bytes")
                self.on_message(event["text"] if data is None else data)
            elif event["type"] == "websocket.disconnect":
                self.disconnect_code = event.get("code")
                return


async def _refuse(
    scope: dict[str, Any], flaw: Refusal, receive: "ASGIReceiveCallable", send: "ASGISendCallable"
) -> None:
    """Shut the handshake with the problem, or with 403 where a server can't answer one."""
    await receive()
    say, kind = cast(Any, send), "websocket.http.response"
    if kind not in scope.get("extensions", {}):
        await say({"type": "websocket.close", "code": 1000, "reason": None})
        return
    headers, body = refused(scope, flaw)
    await say({"type": f"{kind}.start", "status": flaw.status, "headers": headers})
    await say({"type": f"{kind}.body", "body": body, "more_body": False})


def _discard(data: str | bytes) -> None:
    """Nobody listens any more."""


async def _discard_until_gone(receive: "ASGIReceiveCallable") -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_TIMEOUT_S):
            await discard(receive)
