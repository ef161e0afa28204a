"""API Gateway's management API: sockets that are open, what they were sent, and what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.stubs.serving import serving

STAGE = "live"


@dataclass(slots=True)
class ManagementStub:
    """`url` is the stage's; `error`, a status and AWS's name for it, answers all that comes."""

    url: str = ""
    open: set[str] = field(default_factory=set)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    error: tuple[int, str] | None = None

    async def post(self, request: web.Request) -> web.Response:
        self.agents.add(request.headers["User-Agent"])
        if refusal := self._refusal(request):
            return refusal
        self.sent.append((request.match_info["id"], await request.read()))
        return web.Response()

    async def delete(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        self.open.remove(request.match_info["id"])
        return web.Response(status=204)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.error is not None:
            status, code = self.error
            headers = {"x-amzn-ErrorType": code}
            return web.json_response({"message": "no"}, status=status, headers=headers)
        if request.match_info["id"] not in self.open:
            return web.Response(status=410, headers={"x-amzn-ErrorType": "GoneException"})
        return None


@asynccontextmanager
async def management_api() -> AsyncIterator[ManagementStub]:
    stub = ManagementStub()
    app = web.Application(client_max_size=2**20)
    app.router.add_post(f"/{STAGE}/@connections/{{id}}", stub.post)
    app.router.add_delete(f"/{STAGE}/@connections/{{id}}", stub.delete)
    async with serving(app) as url:
        stub.url = f"{url}/{STAGE}"
        yield stub
