"""Replaces Quart's WebSocket connection: no task of Quart's reads it, so that no message is queued.
The handler has the connection handed over by a server that does so, or takes messages itself."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from quart.asgi import ASGIWebsocketConnection

from handrail.core.protocol.problem import Refusal
from handrail.core.raw_connection import EXTENSION as HAND_OVER
from handrail.core.raw_connection import HandOver
from handrail.web.request_record import RequestRecord
from handrail.web.services import EXTENSION, Services

from .http_connection import discard, flaw_in, refused

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable

SCOPE_KEY = "handrail.connection"
DISCARD_TIMEOUT_S = 30.0
NOT_ACCEPTED = 403
"""What a server answers that can't be told a status (the ASGI specification, websocket close)."""


class OwnWebsocketConnection(ASGIWebsocketConnection):
    """One socket. Where there is no `hand_over`, what comes is to be taken by `receive`."""

    receive: "ASGIReceiveCallable"

    async def __call__(self, receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        scope, time = cast(dict[str, Any], self.scope), asyncio.get_running_loop().time
        record = RequestRecord(time())
        send = record.counting(send)
        try:
            if (flaw := flaw_in(scope)) is not None:
                await _refuse(scope, flaw, receive, send)
                return
            scope[SCOPE_KEY], self.receive = self, receive
            await self.handle_websocket(self._create_websocket_from_scope(send), send)
        finally:
            if not self._accepted:
                self._log_refused(record.status or NOT_ACCEPTED, time() - record.began_at)

    def _log_refused(self, status: int, seconds: float) -> None:
        """A handshake that was accepted is a socket, which has lines of its own."""
        served = cast(Services, self.app.extensions[EXTENSION])
        ms = round(1000 * seconds, 1)
        served.request_log.request(status, None, method="GET", websocket=True, ms=ms)

    @property
    def hand_over(self) -> HandOver | None:
        return (cast(dict[str, Any], self.scope).get("extensions") or {}).get(HAND_OVER)

    def give_up(self) -> None:
        """No close frame gets through, or another sends it: don't let Quart try to."""
        self._closed = True

    def discard_rest(self) -> None:
        """Takes what still comes, once the handler has ended: a server may be waiting to hand over
        what it has read, and leave the connection open for ever."""
        tasks: set[asyncio.Task[None]] = self.app.extensions.setdefault(
            "handrail.discarding", set()
        )
        task = asyncio.ensure_future(_discard_until_gone(self.receive))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _discard_until_gone(receive: "ASGIReceiveCallable") -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_TIMEOUT_S):
            await discard(receive)


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
