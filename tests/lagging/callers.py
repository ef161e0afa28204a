"""Who asks: a client that does what the contract says, of a process or of Lambda's functions."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from tests import events
from tests.aws_lambda.instances import Instance, instance
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.approvals import KEY
from tests.web.served import Served, serving
from tests.web.signed_webhooks import NEW

GIVES_UP_S = 40.0
AGAIN_S = 0.2
PATIENT_S = 60.0
"""No answer is given up as lost: a start that was answered by then would be told to be replayed."""

SETTINGS: dict[str, Any] = {
    "live_lag_s": 3,
    "aws_read_timeout_s": PATIENT_S,
    "request_timeout_s": 2 * PATIENT_S,
    "live_linger_s": 3,
    "link_keys": KEY,
    "webhook_secrets": NEW,
    "principal_reads_per_s": 10_000,
}
"""The lag's are the defaults."""


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    body: Any


class Transport(Protocol):
    async def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Told: ...


@dataclass(frozen=True, slots=True)
class OverHttp:
    """A process."""

    served: Served

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        answer = await self.served.call(method, path, headers=headers, data=body)
        return Told(answer.status, answer.body)


@dataclass(frozen=True, slots=True)
class OverLambda:
    """An instance of the function, one request at a time."""

    instance: Instance
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        path, _, query = path.partition("?")
        event = events.http_v2(method, path, query=query, headers=headers, body=body.decode())
        async with self.busy:
            answer = await self.instance.ask(event, left_ms=29_000)
        kind = answer.headers.get("content-type", "")
        return Told(answer.status, answer.body if "json" in kind else answer.data)


@dataclass(slots=True)
class Caller:
    """Asks again where it is told to (503), as the contract has it, and counts how often."""

    transport: Transport
    retried: int = 0

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Told:
        text = b"" if body is None else json.dumps(body).encode()
        sent = {**({"Content-Type": "application/json"} if text else {}), **(headers or {})}
        if query := {name: value for name, value in query.items() if value is not None}:
            path = f"{path}?{urlencode(query)}"
        ends_at = time.monotonic() + GIVES_UP_S
        while True:
            told = await self.transport.send(method, path, sent, text)
            if told.status != 503 or time.monotonic() > ends_at:
                return told
            assert told.body["retryable"] is True, told.body
            self.retried += 1
            await asyncio.sleep(AGAIN_S)

    async def get(self, path: str, **query: Any) -> Told:
        return await self.ask("GET", path, **query)

    async def post(self, path: str, body: Any = None, **options: Any) -> Told:
        return await self.ask("POST", path, body, **options)


@dataclass(slots=True)
class Pair:
    """Whose write it is, and who reads then."""

    name: str
    writes: Caller
    reads: Caller


@asynccontextmanager
async def processes(stub: StepFunctionsStub) -> AsyncIterator[tuple[Served, Served]]:
    """Two replicas in front of one account."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        here = await enter(serving(stub, read_timeout_s=PATIENT_S, **SETTINGS))
        yield here, await enter(serving(stub, read_timeout_s=PATIENT_S, **SETTINGS))


@asynccontextmanager
async def functions(stub: StepFunctionsStub) -> AsyncIterator[tuple[Instance, Instance]]:
    """Two cold instances of the Lambda function."""
    settings = {**SETTINGS, "public_url": "https://orders.example.com"}
    async with instance(stub.url, **settings) as one, instance(stub.url, **settings) as two:
        yield one, two


async def messages(served: Served, path: str, **query: Any) -> list[dict[str, Any]]:
    """What a socket of one execution says until it is closed for good; it comes back where the
    table of close codes says so, with the cursor it was told last."""
    heard: list[dict[str, Any]] = []
    while True:
        asked = {name: value for name, value in query.items() if value is not None}
        async with served.socket(f"{path}/ws?{urlencode(asked)}") as socket:
            try:
                while True:
                    message = await socket.hear(within_s=GIVES_UP_S)
                    heard.append(message)
                    query["after"] = message.get("cursor") or query.get("after")
            except Exception as error:
                if not hasattr(socket.raw, "close_code"):
                    raise
                if socket.raw.close_code is None:
                    raise AssertionError(f"nothing more came after {heard}") from error
        if socket.raw.close_code in {1000, 4404, 4400, 1003, 1007}:
            return [*heard, {"type": "closed", "code": socket.raw.close_code}]
        await asyncio.sleep(AGAIN_S)


async def streamed(
    http: aiohttp.ClientSession, path: str, *, last: str | None = None, after: str | None = None
) -> list[dict[str, Any]]:
    """What an EventSource is told until it stops."""
    heard: list[dict[str, Any]] = []
    while True:
        headers = {"Last-Event-ID": last} if last else {}
        query = {"after": after} if after else {}
        async with http.get(f"{path}/stream", headers=headers, params=query) as answer:
            if answer.status == 204:
                return [*heard, {"type": "closed", "code": 204}]
            if answer.status == 503:
                await asyncio.sleep(AGAIN_S)
                continue
            assert answer.status == 200, await answer.text()
            async for line in answer.content:
                if line.startswith(b"id: "):
                    last = line[4:].decode().strip()
                elif line.startswith(b"data: "):
                    heard.append(json.loads(line[6:]))
        if heard and heard[-1]["type"] == "complete":
            return heard
