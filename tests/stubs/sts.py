"""An STS endpoint for tests that knows AssumeRole: the Query protocol over a real socket."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

_ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult>
<AssumedRoleUser><Arn>{role}</Arn><AssumedRoleId>AROA:handrail</AssumedRoleId></AssumedRoleUser>
<Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>assumed-secret</SecretAccessKey>
<SessionToken>assumed-token</SessionToken><Expiration>{expires}</Expiration>
</Credentials>
</AssumeRoleResult>
</AssumeRoleResponse>"""
_REFUSAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error>
</ErrorResponse>"""


class StsStub:
    """`assumed` lists the roles asked for, in order; the n-th answer's key is `ASSUMED<n>`."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.assumed: list[str] = []
        self.lifetime = timedelta(hours=1)
        self.refuses = False
        self.url = ""
        self._now = now
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        if self.refuses:
            return web.Response(text=_REFUSAL, status=403, content_type="text/xml")
        role = str((await request.post())["RoleArn"])
        self.assumed.append(role)
        expires = (self._now() + self.lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = _ANSWER.format(role=role, key=f"ASSUMED{len(self.assumed)}", expires=expires)
        return web.Response(text=answer, content_type="text/xml")
