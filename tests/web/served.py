"""The whole service in the test's own loop: real adapters over the stub, real sockets in front."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from socket import socket
from typing import Any, Self

import aiohttp
import uvicorn
import websockets
from granian.constants import HTTPModes, Interfaces
from granian.server import embed as granian
from websockets.asyncio.client import ClientConnection, connect

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.serve import InOrder, server_config
from handrail.server.server import listen, serve
from handrail.settings import Settings
from handrail.web.app import create_app
from handrail.web.services import Services
from tests.environment import settings_of
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.usecases.starting import told_the_time

from .contracts import RestContract, SocketContract

DEADLINE_S = 20.0
START_S = 60.0
QUICK: dict[str, Any] = {
    "state_machines_dir": "tests/web/nowhere",
    "live_poll_min_s": 0.02,
    "live_poll_max_s": 0.05,
    "live_reads_per_s": 10_000,
    "live_reads_burst": 10_000,
    "live_linger_s": 0,
    "live_lag_s": 0,
    "drain_window_s": 0,
    "graceful_timeout_s": 2,
    "catalogue_ttl_s": 0,
}
Message = dict[str, Any]
OTHERS = {"RequestHandler.start", "SocketRegistry._sweep"}
"""The stub's own connections, and the one timer of all sockets: they may stay."""

KNOWN: dict[bool, tuple[RestContract, SocketContract]] = {}
"""By whether callers are asked who they are."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any
    text: str = ""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


class Socket:
    """A WebSocket client that holds each message against the AsyncAPI document."""

    def __init__(self, raw: ClientConnection, contract: SocketContract) -> None:
        self.raw = raw
        self._contract = contract

    async def say(self, type: str, **members: Any) -> None:
        await self.raw.send(json.dumps({"type": type, **members}))

    async def hear(self, *types: str, within_s: float = DEADLINE_S) -> Message:
        """The next message, or the next of these types."""
        async with asyncio.timeout(within_s):
            while True:
                message: Message = json.loads(await self.raw.recv())
                self._contract.check(message)
                if not types or message["type"] in types:
                    return message

    async def hear_until(
        self, done: Callable[[Message], bool], *, within_s: float = DEADLINE_S
    ) -> list[Message]:
        heard = [await self.hear(within_s=within_s)]
        while not done(heard[-1]):
            heard.append(await self.hear(within_s=within_s))
        return heard

    async def closed(self) -> int:
        """The close code, once the server has closed; what still comes is passed over."""
        async with asyncio.timeout(DEADLINE_S):
            try:
                while True:
                    self._contract.check(json.loads(await self.raw.recv()))
            except websockets.ConnectionClosed:
                return self.raw.close_code or 0


@dataclass(slots=True)
class Served:
    """One running service. `call` holds every answer against the OpenAPI document."""

    port: int
    services: Services
    stub: StepFunctionsStub
    http: aiohttp.ClientSession
    stop: Callable[[], Awaitable[None]]
    rest: RestContract = field(init=False)
    messages: SocketContract = field(init=False)

    async def learn(self) -> Self:
        """Read the documents, once for all tests: no other setting changes them."""
        async with asyncio.timeout(START_S):
            while not await self._answers():  # noqa: ASYNC110 a server that binds by itself
                await asyncio.sleep(0.01)
        asks = self.services.auth.asks
        if asks not in KNOWN:
            KNOWN[asks] = await drawn(self.services)
        self.rest, self.messages = KNOWN[asks]
        return self

    async def _answers(self) -> bool:
        try:
            async with self.http.get("/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectorError:
            return False

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        async with self.http.request(method, path, allow_redirects=False, **options) as raw:
            data = await raw.read()
            headers = {name.lower(): value for name, value in raw.headers.items()}
            media_type = raw.content_type if "content-type" in headers else ""
            body = json.loads(data) if media_type.endswith("json") and data else data
            self.rest.check(method, raw.url.path, raw.status, headers, body)
            return Answer(raw.status, headers, body, data.decode())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.call("POST", path, json=body, **options)

    @asynccontextmanager
    async def socket(self, path: str = "/v1/ws", **options: Any) -> AsyncIterator[Socket]:
        """Connected, and `ready` not yet heard."""
        url = f"ws://127.0.0.1:{self.port}{path}"
        async with connect(url, proxy=None, close_timeout=2, **options) as raw:
            yield Socket(raw, self.messages)

    @asynccontextmanager
    async def ready(self, path: str = "/v1/ws", **options: Any) -> AsyncIterator[Socket]:
        """Connected, with `ready` heard."""
        async with self.socket(path, **options) as socket:
            assert (await socket.hear())["type"] == "ready"
            yield socket


async def drawn(services: Services) -> tuple[RestContract, SocketContract]:
    """The documents as such an app serves them. It takes as long as it takes: a test's own limit of
    a request's time is not about them."""
    options = replace(services.options, request_timeout_s=START_S)
    client = create_app(replace(services, options=options)).test_client()
    rest, messages = await client.get("/openapi.json"), await client.get("/asyncapi.json")
    assert (rest.status_code, messages.status_code) == (200, 200)
    return RestContract(await rest.get_json()), SocketContract(await messages.get_json())


Server = Callable[[Services, Settings, socket, asyncio.Event], Awaitable[None]]
"""Serves the app on a listening socket until the event is set."""


async def by_hypercorn(
    services: Services, settings: Settings, listener: socket, ending: asyncio.Event
) -> None:
    """As in production."""
    config = server_config(settings)
    await serve(
        create_app(services), listener, config, ending=InOrder(services, settings), stop=ending
    )


async def by_uvicorn(
    services: Services, settings: Settings, listener: socket, ending: asyncio.Event
) -> None:
    """A server that knows nothing of ours: no raw transport, no drain of its own."""
    config = uvicorn.Config(
        create_app(services),
        ws="wsproto",
        ws_max_size=settings.ws_max_message_bytes,
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await ending.wait()
    await InOrder(services, settings).drain()
    server.should_exit = True
    await task


async def by_granian(
    services: Services, settings: Settings, listener: socket, ending: asyncio.Event
) -> None:
    """Rust reads and writes in threads of its own; the app stays on this loop. It binds by itself,
    which takes a moment."""
    host, port = listener.getsockname()
    listener.close()
    server = granian.Server(
        create_app(services),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve())
    await ending.wait()
    await InOrder(services, settings).drain()
    server.stop()  # type: ignore[no-untyped-call]
    await task


SERVERS: dict[str, Server] = {
    "hypercorn": by_hypercorn,
    "uvicorn": by_uvicorn,
    "granian": by_granian,
}
"""What the app must run on; all but the first know nothing of ours."""


@asynccontextmanager
async def serving(
    stub: StepFunctionsStub,
    *,
    server: Server = by_hypercorn,
    read_timeout_s: float = 2,
    knows_the_time: bool = True,
    **settings: Any,
) -> AsyncIterator[Served]:
    """The service on a free port; settings over quick ones. AWS is waited for no longer than the
    timeout. A service that doesn't know AWS's time yet finds out, which takes a second, as it is
    first asked for a start by name."""
    chosen = settings_of(**{**QUICK, **settings})
    config = AwsConfig(endpoint_url=stub.url, max_attempts=1, read_timeout_s=read_timeout_s)
    listener = listen("127.0.0.1", 0)
    port, ending = listener.getsockname()[1], asyncio.Event()
    with listener:
        async with open_services(chosen, config) as services:
            if knows_the_time:
                told_the_time(services.clock, services.executions.remote)
            task = asyncio.ensure_future(server(services, chosen, listener, ending))

            async def stop() -> None:
                ending.set()
                await task

            base = f"http://127.0.0.1:{port}"
            try:
                async with aiohttp.ClientSession(base) as http:
                    yield await Served(port, services, stub, http, stop).learn()
            finally:
                await stop()


async def eventually(look: Callable[[], object]) -> None:
    """Until it is true."""
    async with asyncio.timeout(DEADLINE_S):
        while not look():  # noqa: ASYNC110 there is no event to wait for
            await asyncio.sleep(0.005)


def tasks() -> Counter[str]:
    """What runs now, by name."""
    names = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    return Counter(name for name in names if name not in OTHERS)


async def settled(before: Counter[str]) -> None:
    """Until no more runs than did."""
    with contextlib.suppress(TimeoutError):
        await eventually(lambda: tasks() <= before)
    if left := tasks() - before:
        raise AssertionError(f"still running: {dict(left)}")
