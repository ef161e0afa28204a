"""API Gateway's management API, `@connections`, as AWS's clients call it.

The answers: "Use @connections commands in your backend service", API Gateway Developer Guide, and
the API reference of PostToConnection, GetConnection and DeleteConnection.
"""

from datetime import UTC, datetime

from aiohttp import web

from .sockets import Held, WebSocketApi

SIGNED_FOR = "/execute-api/aws4_request"


class ManagementApi:
    """Takes signed calls alone. `refuse` are answers for the next calls, first come first served:
    an HTTP status and an error's name."""

    def __init__(self, sockets: WebSocketApi, *, most_bytes: int = 128 * 1024) -> None:
        self._sockets = sockets
        self._most_bytes = most_bytes
        self.refuse: list[tuple[int, str]] = []
        self.app = web.Application(client_max_size=most_bytes * 4)
        path = f"/{sockets.stage}/@connections/{{id}}"
        self.app.router.add_post(path, self._post)
        self.app.router.add_get(path, self._get)
        self.app.router.add_delete(path, self._delete)

    async def _post(self, request: web.Request) -> web.Response:
        text = await request.read()
        held = self._found(request)
        if isinstance(held, web.Response):
            return held
        if len(text) > self._most_bytes:
            return _error(413, "PayloadTooLargeException", "Message too long")
        if not await self._sockets.post(held, text.decode()):
            return _error(410, "GoneException")
        return web.Response()

    async def _get(self, request: web.Request) -> web.Response:
        held = self._found(request)
        if isinstance(held, web.Response):
            return held
        return web.json_response(
            {
                "connectedAt": _time(held.connected_at),
                "lastActiveAt": _time(held.active_at),
                "identity": {"sourceIp": "127.0.0.1", "userAgent": ""},
            }
        )

    async def _delete(self, request: web.Request) -> web.Response:
        held = self._found(request)
        if isinstance(held, web.Response):
            return held
        await self._sockets.cut(held.id, 1000, "Connection Closed Normally")
        return web.Response(status=204)

    def _found(self, request: web.Request) -> Held | web.Response:
        if SIGNED_FOR not in request.headers.get("Authorization", ""):
            return _error(403, "ForbiddenException", "Forbidden")
        if self.refuse:
            return _error(*self.refuse.pop(0))
        return self._sockets.find(request.match_info["id"]) or _error(410, "GoneException")


def _error(status: int, name: str, message: str | None = None) -> web.Response:
    headers = {"x-amzn-ErrorType": name}
    return web.json_response(
        {"message": message} if message else {}, status=status, headers=headers
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
