"""A reverse proxy that serves a service below a path, as operators put it behind one name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

PREFIX = "/rail"
HOP = {"transfer-encoding", "connection", "content-length"}


@asynccontextmanager
async def below_a_prefix(url: str) -> AsyncIterator[str]:
    """The address at which the service at `url` is to be found, too. The Host header stays."""
    async with aiohttp.ClientSession(auto_decompress=False) as http:

        async def pass_on(request: web.Request) -> web.StreamResponse:
            path = request.raw_path.removeprefix(PREFIX)
            body, headers = await request.read(), request.headers
            async with http.request(request.method, url + path, data=body, headers=headers) as got:
                kept = {k: v for k, v in got.headers.items() if k.lower() not in HOP}
                return web.Response(status=got.status, headers=kept, body=await got.read())

        app = web.Application()
        app.router.add_route("*", PREFIX + "/{path:.*}", pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}{PREFIX}"
        finally:
            await runner.cleanup()
