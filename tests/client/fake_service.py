"""A small server that speaks the contract: each socket plays the next of its scripts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from handrail.client import Client
from handrail.core.json_text import exact, json_bytes

EXECUTION = "order:7f3c"
STARTED = (202, {"execution": EXECUTION})
EXPRESS_HAS_NO_KEYS = {"detail": "Send no key.", "code": "unsupported_by_type"}
DRAINING = (503, {"detail": "Shutting down", "code": "draining", "retryable": True})


@dataclass(frozen=True, slots=True)
class Close:
    """A script's end: close with this code. 1006 cuts the line without a close frame."""

    code: int


@dataclass(frozen=True, slots=True)
class Expect:
    """Wait for a message of this type from the client."""

    type: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing until the client leaves."""


@dataclass(frozen=True, slots=True)
class Until:
    """Wait for the test."""

    happened: asyncio.Event


Script = Sequence[dict[str, Any] | Close | Expect | Silence | Until]


@dataclass
class FakeService:
    """`scripts` are played one a socket; `answers` are given one a request, the last forever, and
    so are `snapshots`, which come before them."""

    scripts: list[Script] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    retry_after: str | None = None
    location: str | None = None
    machine_type: str = "STANDARD"
    problems: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    afters: list[str | None] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    shown_after: list[str | None] = field(default_factory=list)
    events_asked: list[dict[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    sockets_refused_with: int | None = None

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/state-machines", self._machines)
        app.router.add_get("/v1/executions/{execution}/ws", self._socket)
        app.router.add_get("/live", self._socket)
        app.router.add_get("/v1/executions/{execution}", self._shown)
        app.router.add_route("*", "/v1/{rest:.*}", self._answer)
        return app

    @property
    def asked(self) -> list[dict[str, str]]:
        """The queries, read."""
        return [dict(parse_qsl(query)) for query in self.queries]

    async def _machines(self, _: web.Request) -> web.Response:
        line = {"name": "order", "type": self.machine_type, "description": None, "created_at": ""}
        return web.json_response({"state_machines": [line], "problems": self.problems})

    async def _shown(self, request: web.Request) -> web.StreamResponse:
        if self.answers and not self.snapshots:
            return await self._answer(request)
        self.requests.append((request.method, request.path, dict(request.headers), None))
        self.shown_after.append(request.query.get("after"))
        shown = self.snapshots.pop(0) if len(self.snapshots) > 1 else None
        return web.json_response(shown or (self.snapshots or [snapshot()])[0])

    async def _answer(self, request: web.Request) -> web.Response:
        body = exact(await request.text()) if request.can_read_body else None
        self.requests.append((request.method, request.path, dict(request.headers), body))
        self.queries.append(request.rel_url.raw_query_string)
        self.bodies.append(await request.text())
        if self.machine_type == "EXPRESS" and "Idempotency-Key" in request.headers:
            return web.json_response(EXPRESS_HAS_NO_KEYS, status=409)
        if request.path.endswith("/events"):
            self.events_asked.append(dict(request.query))
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        given = {"Retry-After": self.retry_after, "Location": self.location}
        headers = {name: value for name, value in given.items() if value}
        return web.json_response(text=written(answer), status=status, headers=headers)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.headers), None))
        if self.sockets_refused_with is not None:
            return web.Response(status=self.sockets_refused_with)
        self.afters.append(request.query.get("after"))
        self.sockets.append(request.raw_path)
        socket = web.WebSocketResponse(protocols=["handrail.v1"])
        await socket.prepare(request)
        for entry in self.scripts.pop(0):
            match entry:
                case Close(1006):
                    assert request.transport is not None
                    request.transport.abort()
                case Close(code):
                    await socket.close(code=code)
                case Expect(type):
                    frame = await socket.receive()
                    assert frame.type is WSMsgType.TEXT
                    assert frame.json()["type"] == type
                case Until(happened):
                    await happened.wait()
                case Silence():
                    assert (await socket.receive()).type is WSMsgType.CLOSE
                case message:
                    await socket.send_str(written(message))
        return socket


def written(message: Any) -> str:
    return json_bytes(message).decode()


async def serve(service: FakeService) -> TestServer:
    """Started; the caller closes it."""
    server = TestServer(service.application())
    await server.start_server()
    return server


class Waits:
    """A sleep that is over at once and remembers how long it was asked for."""

    def __init__(self) -> None:
        self.delays_s: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        self.delays_s.append(delay_s)
        await asyncio.sleep(0)


def patient(url: str, waits: Waits) -> Client:
    return Client(url, sleep=waits.sleep, jitter=lambda: 0.0)


def state(name: str, status: str, **counts: int) -> dict[str, Any]:
    zero = dict.fromkeys(("entered", "running", "succeeded", "failed", "caught", "retries"), 0)
    times = {
        "first_entered_at": "2026-11-22T07:40:49.620Z",
        "last_changed_at": "2026-11-22T07:40:50.120Z",
    }
    given = {"state": name, "type": "Task", "status": status, "last_error": None}
    return {**given, **zero, **counts, **times}


def snapshot(*states: dict[str, Any], status: str = "RUNNING") -> dict[str, Any]:
    return {
        "execution": EXECUTION,
        "state_machine": "order",
        "name": "7f3c",
        "status": status,
        "started_at": "2026-11-22T07:40:49.600Z",
        "stopped_at": None,
        "input": {},
        "output": None,
        "error": None,
        "cause": None,
        "states": list(states),
        "tasks": [],
        "cursor": "9:2",
    }


READY: dict[str, Any] = {"type": "ready", "session": "s", "heartbeat": 25, "max_subscriptions": 100}
SUBSCRIBED: dict[str, Any] = {
    "type": "subscribed",
    "id": "0",
    "recovered": False,
    "snapshot": snapshot(state("Charge", "RUNNING", entered=1, running=1)),
    "cursor": "9:2",
}
RECOVERED: dict[str, Any] = {
    "type": "subscribed",
    "id": "0",
    "recovered": True,
    "snapshot": snapshot(),
    "cursor": "9:8",
}


def update(cursor: str, *states: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "update",
        "id": "0",
        "cursor": cursor,
        "execution": {},
        "states": list(states),
        "tasks": [],
    }


def complete(status: str = "SUCCEEDED", **fields: Any) -> dict[str, Any]:
    final = {"status": status, "output": None, "error": None, "cause": None}
    return {"type": "complete", "id": "0", "cursor": "9:9", **final, **fields}
