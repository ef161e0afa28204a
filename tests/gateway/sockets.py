"""API Gateway's WebSocket API: clients on one side, a function's $connect, $default and
$disconnect routes on the other.

The rules: "Amazon API Gateway quotas and important notes" and "Working with WebSocket APIs", API
Gateway Developer Guide.
"""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from tests import events

from .functions import FunctionError
from .tasks import Tasks

Invoke = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    message_bytes: int = 128 * 1024
    frame_bytes: int = 32 * 1024
    idle_s: float = 600
    lifetime_s: float = 7200
    integration_s: float = 29


@dataclass(slots=True)
class Held:
    """One client's connection. Nothing may be posted before `socket` is open."""

    id: str
    socket: ServerConnection
    connected_at: float
    query: dict[str, list[str]]
    headers: list[tuple[str, str]]
    open: bool = False
    active_at: float = field(default_factory=time.time)
    subprotocol: str | None = None


class WebSocketApi:
    """Serve at `url` until left. `posted` is all that was sent to clients by the function;
    `after_post` is called after each post, before the function has its answer.
    `loses_disconnects`: AWS delivers $disconnect as a best effort alone."""

    def __init__(
        self, invoke: Invoke, limits: Limits | None = None, *, stage: str = "prod"
    ) -> None:
        self._invoke = invoke
        self._limits = limits or Limits()
        self.stage = stage
        self.url = ""
        self.posted: list[tuple[str, str]] = []
        self.after_post: Callable[[str, str], None] = lambda connection, text: None
        self._held: dict[object, Held] = {}
        self.loses_disconnects = False
        self._tasks = Tasks()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["WebSocketApi"]:
        limits = self._limits
        try:
            async with serve(
                self._handle,
                "127.0.0.1",
                0,
                process_request=self._connect,
                select_subprotocol=self._subprotocol,
                max_size=(limits.message_bytes, limits.frame_bytes),
                compression=None,
                ping_interval=None,
                open_timeout=limits.integration_s + 1,
                close_timeout=1,
            ) as server:
                port = next(iter(server.sockets)).getsockname()[1]
                self.url = f"ws://127.0.0.1:{port}/{self.stage}"
                yield self
        finally:
            await self._tasks.close()

    def find(self, id: str) -> Held | None:
        """An open connection, None where it is unknown, not open yet, or gone."""
        found = [held for held in self._held.values() if held.id == id and held.open]
        return found[0] if found else None

    @property
    def connections(self) -> list[str]:
        return [held.id for held in self._held.values() if held.open]

    async def post(self, held: Held, text: str) -> bool:
        """Send to the client. False where it is gone."""
        try:
            await held.socket.send(text)
        except ConnectionClosed:
            return False
        held.active_at = time.time()
        self.posted.append((held.id, text))
        self.after_post(held.id, text)
        return True

    async def cut(self, id: str, code: int = 1001, reason: str = "Going away") -> None:
        """Close it from this side: what the idle limit and the two hours do."""
        if held := self.find(id):
            held.open = False
            await held.socket.close(code, reason)

    async def _connect(self, socket: ServerConnection, request: Request) -> Response | None:
        split = urlsplit(request.path)
        if split.path != f"/{self.stage}":
            return _refusal(403)
        held = Held(
            id=base64.urlsafe_b64encode(secrets.token_bytes(11)).decode(),
            socket=socket,
            connected_at=time.time(),
            query=parse_qs(split.query, keep_blank_values=True),
            headers=list(request.headers.raw_items()),
        )
        status, headers = await self._answer(self._connect_event(held))
        if not 200 <= status < 300:
            return _refusal(status)
        held.subprotocol = headers.get("sec-websocket-protocol")
        self._held[socket.id] = held
        return None

    def _subprotocol(self, socket: ServerConnection, offered: Any) -> Subprotocol | None:
        """What the function's answer to $connect names; nothing else chooses one."""
        chosen = self._held[socket.id].subprotocol
        return Subprotocol(chosen) if chosen else None

    async def _handle(self, socket: ServerConnection) -> None:
        held = self._held[socket.id]
        held.open = True
        try:
            await self._read(held)
        finally:
            held.open = False
            del self._held[socket.id]
            if not self.loses_disconnects:
                self._tasks.start(self._answer(self._disconnect_event(held)))

    async def _read(self, held: Held) -> None:
        """Each message is a task: API Gateway doesn't wait for one before it hands over another."""
        while (left := self._left_s(held)) > 0:
            try:
                async with asyncio.timeout(left):
                    text = await held.socket.recv()
            except TimeoutError:
                continue
            except ConnectionClosed:
                return
            held.active_at = time.time()
            if isinstance(text, bytes):
                await self.cut(held.id, 1003, "Unsupported Data")
                return
            self._tasks.start(self._message(held, text))
        await self.cut(held.id)

    def _left_s(self, held: Held) -> float:
        idle_until = held.active_at + self._limits.idle_s
        return min(idle_until, held.connected_at + self._limits.lifetime_s) - time.time()

    async def _message(self, held: Held, text: str) -> None:
        """A failure is told to the client, in API Gateway's own words, and changes nothing."""
        event = self._event(events.websocket_message(held.id, text), held)
        status, headers = await self._answer(event)
        if status >= 500 and held.open:
            says = "Endpoint request timed out" if status == 504 else "Internal server error"
            said = {"message": says, "connectionId": held.id, "requestId": headers.get("id", "")}
            try:
                await held.socket.send(json.dumps(said))
            except ConnectionClosed:
                return

    async def _answer(self, event: events.Event) -> tuple[int, dict[str, str]]:
        """The function's status and headers; 502 where it failed, 504 where it took too long."""
        try:
            async with asyncio.timeout(self._limits.integration_s):
                answer = await self._invoke(event)
        except TimeoutError:
            return 504, {}
        except FunctionError:
            return 502, {}
        if not isinstance(answer, dict) or "statusCode" not in answer:
            return 502, {}
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return int(answer["statusCode"]), headers

    def _connect_event(self, held: Held) -> events.Event:
        event = self._event(events.websocket_connect(held.id), held)
        lists: dict[str, list[str]] = {}
        for name, value in held.headers:
            lists.setdefault(name, []).append(value)
        event["headers"] = {name: values[-1] for name, values in lists.items()}
        event["multiValueHeaders"] = lists
        if held.query:
            last = {name: values[-1] for name, values in held.query.items()}
            event["queryStringParameters"] = last
            event["multiValueQueryStringParameters"] = held.query
        return event

    def _disconnect_event(self, held: Held) -> events.Event:
        code, reason = held.socket.close_code or 1006, held.socket.close_reason or ""
        return self._event(events.websocket_disconnect(held.id, code=code, reason=reason), held)

    def _event(self, event: events.Event, held: Held) -> events.Event:
        now = datetime.now(UTC)
        event["requestContext"] |= {
            "stage": self.stage,
            "connectedAt": int(held.connected_at * 1000),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        }
        return event


def _refusal(status: int) -> Response:
    headers = Headers({"Content-Length": "0", "Connection": "close"})
    return Response(status, HTTPStatus(status).phrase, headers, b"")
