"""A receiver of webhooks on the loopback address, which answers as told."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

HANG, ENDLESS, UNFINISHED = object(), object(), object()


@dataclass(slots=True)
class Receiver:
    """`answers` come first, then 204s: a status, one with headers, HANG, ENDLESS (a 200 whose
    body never ends) or UNFINISHED (one whose body doesn't go on)."""

    url: str = ""
    answers: deque[object] = field(default_factory=deque)
    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    peers: list[object] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((dict(request.headers), await request.read()))
        assert request.transport is not None
        self.peers.append(request.transport.get_extra_info("peername"))
        self.came.set()
        answer = self.answers.popleft() if self.answers else 204
        if answer is HANG:
            await asyncio.Event().wait()
        if answer in (ENDLESS, UNFINISHED):
            return await _endless(request, goes_on=answer is ENDLESS)
        if isinstance(answer, int):
            return web.Response(status=answer)
        assert isinstance(answer, tuple)
        status, headers = answer
        return web.Response(status=status, headers=headers, text="what it says")


async def _endless(request: web.Request, *, goes_on: bool) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while goes_on:
        await response.write(b"x" * 65_536)
    await response.write(b"and so")
    await asyncio.Event().wait()
    return response


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    port = runner.addresses[0][1]
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
