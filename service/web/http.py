"""Quart's HTTP connection: each request gets its id here, and each answer is counted.

A request that changes something is seen through, whoever is still there to hear of it: Quart would
cancel its handler when the client goes, and a start half made is neither counted nor told. Requests
that only read are cancelled as before, so that long-polls and streams end with their client.
And an answer whose body is ready goes out in two messages, not three.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import structlog
from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.utils import encode_headers
from quart.wrappers.response import DataBody

from .request_ids import HEADER, SCOPE_KEY, chosen
from .services import EXTENSION, Services

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
    from quart.typing import ResponseTypes
    from quart.wrappers import Request

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
DISCARDED_BYTES = 32 * 1024 * 1024
BODY_TIMEOUT = b'{"type":"urn:handrail:problem:request_timeout","title":"Request Timeout",\
"status":408,"detail":"The body didn\'t arrive in time.","code":"request_timeout","retryable":true}'


class HttpConnection(ASGIHTTPConnection):
    """One request. Counted by route pattern: paths and methods are the callers' to choose, and a
    metric's labels must stay few."""

    request: "Request | None" = None

    async def __call__(self, receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        if self.scope["method"] in READING:
            await super().__call__(receive, send)
            return
        request = self._create_request_from_scope(send)
        try:
            async with asyncio.timeout(self.app.config["BODY_TIMEOUT"]):
                arrived = await _body_arrived(request, receive)
        except TimeoutError:
            await _answer(send, 408, PROBLEM_HEADERS, BODY_TIMEOUT)
            return
        if not arrived:
            return
        rest = None if request.body._complete.is_set() else asyncio.create_task(_discard(receive))
        try:
            await self.handle_request(request, send)
        finally:
            if rest is not None:
                rest.cancel()

    async def handle_request(self, request: "Request", send: "ASGISendCallable") -> None:
        id = chosen(request.headers.get(HEADER))
        cast(dict[str, Any], self.scope)[SCOPE_KEY] = id
        structlog.contextvars.bind_contextvars(request_id=id)
        self.request = request
        await super().handle_request(request, send)

    async def _send_response(self, send: "ASGISendCallable", response: "ResponseTypes") -> None:
        if self.request is not None:
            self._mark(self.request, response)
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            headers, body = encode_headers(response.headers), response.response
            await _answer(send, response.status_code, headers, body.data[body.begin : body.end])
        else:
            await super()._send_response(send, response)

    def _mark(self, request: "Request", response: "ResponseTypes") -> None:
        response.headers[HEADER] = cast(dict[str, Any], self.scope)[SCOPE_KEY]
        route = request.url_rule.rule if request.url_rule else "unmatched"
        method = request.method if request.method in METHODS else "other"
        served: Services = self.app.extensions[EXTENSION]
        served.metrics.request(route, method, response.status_code)


PROBLEM_HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(BODY_TIMEOUT)).encode()),
]


async def _body_arrived(request: "Request", receive: "ASGIReceiveCallable") -> bool:
    """Read the body. False where the client left first.

    What is longer than may be is read and not kept: a client is only sure to see its 413 once it
    has sent all. Past DISCARDED_BYTES it is answered in the middle of its sending."""
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return False
        size += len(message.get("body", b""))
        request.body.append(message.get("body", b""))
        if not message.get("more_body", False):
            request.body.set_complete()
            return True
        if size > DISCARDED_BYTES and request.body._must_raise is not None:
            return True


async def _discard(receive: "ASGIReceiveCallable") -> None:
    """Take what the server hands over: it would wait for that before it ends the request."""
    while (await receive())["type"] != "http.disconnect":
        continue


async def _answer(
    send: "ASGISendCallable", status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
