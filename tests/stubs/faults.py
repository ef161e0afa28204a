"""A way to DynamoDB or SQS on which things go wrong as told: errors, lost answers, answers of our
own. What isn't told goes through."""

import json
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.stubs.serving import serving

LOST = object()
KEPT = ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")
SHOWN = ("Content-Type", "x-amzn-ErrorType", "x-amzn-RequestId", "x-amz-crc32")


@dataclass(slots=True)
class Faults:
    """`calls` counts what came, by operation."""

    behind: str
    url: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    told: dict[str, deque[Any]] = field(default_factory=dict)

    def fail_next(
        self, operation: str, code: str, *, times: int = 1, status: int = 400, **body: Any
    ) -> None:
        """Answer with AWS's `code`."""
        for _ in range(times):
            self._next(operation).append((status, {"__type": code, "message": "no", **body}))

    def answer_next(self, operation: str, body: Any) -> None:
        self._next(operation).append((200, body))

    def lose_next(self, operation: str) -> None:
        """Let it happen and drop its answer."""
        self._next(operation).append(LOST)

    def forget(self) -> None:
        self.calls.clear()
        self.asked.clear()
        self.told.clear()

    def _next(self, operation: str) -> deque[Any]:
        return self.told.setdefault(operation, deque())

    async def handle(self, request: web.Request) -> web.StreamResponse:
        operation = request.headers["X-Amz-Target"].partition(".")[2]
        body = await request.read()
        self.calls[operation] += 1
        self.asked.append((operation, json.loads(body)))
        told = self.told.get(operation)
        fault = told.popleft() if told else None
        if isinstance(fault, tuple):
            return web.json_response(fault[1], status=fault[0])
        answer = await self._through(request, body)
        if fault is LOST and request.transport is not None:
            request.transport.close()
        return answer

    async def _through(self, request: web.Request, body: bytes) -> web.Response:
        kept = {name: request.headers[name] for name in KEPT if name in request.headers}
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.behind, data=body, headers=kept) as answer,
        ):
            shown = {name: answer.headers[name] for name in SHOWN if name in answer.headers}
            return web.Response(body=await answer.read(), status=answer.status, headers=shown)


@asynccontextmanager
async def faults_before(url: str) -> AsyncIterator[Faults]:
    faults = Faults(url)
    app = web.Application()
    app.router.add_post("/", faults.handle)
    async with serving(app) as faults.url:
        yield faults
