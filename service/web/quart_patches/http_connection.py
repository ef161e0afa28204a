"""Replaces Quart's HTTP connection: gives each request its id, counts each answer, and logs it.

A request that changes something is finished even when its client has gone, where Quart would cancel
it half made. Those that only read are cancelled as before, so that streams end with their client.
An answer whose body is ready goes out in two messages, not three."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, cast

import structlog
from pydantic_core import to_json
from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.utils import cancel_tasks, encode_headers, raise_task_exceptions
from quart.wrappers.response import DataBody, FileBody

from handrail.core.access.origins import names_host
from handrail.core.access.principals import Principal
from handrail.core.errors import Draining, Overloaded
from handrail.core.protocol import problem
from handrail.core.protocol.problem import NOT_KEPT, Failure, Refusal
from handrail.web import audit, request_record
from handrail.web.auth import PRINCIPAL
from handrail.web.caching import keep
from handrail.web.path_names import path_names
from handrail.web.request_record import RequestRecord
from handrail.web.services import EXTENSION, Services

from .request_ids import HEADER, SCOPE_KEY, chosen
from .root_path import own_path
from .shedding import EXEMPT, SLOT
from .trace_headers import bind_trace, came_with

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable as Receive
    from hypercorn.typing import ASGISendCallable as Send
    from quart.typing import ResponseTypes
    from quart.wrappers import Request

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
REQUEST_ID = HEADER.lower().encode()
SHED_BODY_S = 5.0
DISCARDED_BYTES = 32 * 1024 * 1024
LATE = "The body didn't arrive in time."
TOO_SLOW = Refusal(408, "request_timeout", "Request Timeout", LATE, retryable=True)
OVERLOADED = Overloaded("This replica works on as many requests as it may.")
DRAINED = Draining("This replica has shut down meanwhile.")
BAD_HOST = Refusal(400, "bad_host", "Bad Host", "The Host header names no host.")
BAD_QUERY = Refusal(400, "bad_query", "Bad Query", "The query is no text in UTF-8.")
BAD_PATH = Refusal(404, "not_found", "Not Found", "No path here begins with two slashes.")
BAD_CODING = Refusal(
    415,
    "unsupported_content_encoding",
    "Unsupported Content-Encoding",
    "A body is taken as it is alone, not compressed.",
    headers=(("Accept-Encoding", "identity"),),  # RFC 9110, 12.5.3
)


class HttpConnection(ASGIHTTPConnection):
    """One request. Counted by route pattern, not path: a metric's labels must stay few."""

    record: RequestRecord
    request: "Request | None" = None
    answering = False

    async def __call__(self, receive: "Receive", send: "Send") -> None:
        """Answers the request, and logs what became of it."""
        scope, time = cast(dict[str, Any], self.scope), asyncio.get_running_loop().time
        sent = next((text for name, text in scope["headers"] if name == REQUEST_ID), b"")
        id = scope[SCOPE_KEY] = chosen(sent.decode("latin1"))
        structlog.contextvars.bind_contextvars(request_id=id)
        bind_trace(scope, came_with(scope["headers"]))
        self.record = scope[request_record.SCOPE_KEY] = RequestRecord(time())
        try:
            await self._admit(receive, self.record.counting(send))
        finally:
            self._log(time() - self.record.began_at)
            self.request = None  # which refers to this: freed now, not by the collector

    async def _admit(self, receive: "Receive", send: "Send") -> None:
        """Admits or refuses, before the request costs anything."""
        scope, served = cast(dict[str, Any], self.scope), self._services
        send = served.sharing.around(scope, send)
        if (allowed := served.sharing.preflight(scope)) is not None:
            await _answer(send, 204, allowed, b"")
        elif (flaw := flaw_in(scope)) is not None:
            await self._turn_away(receive, send, flaw)
        elif own_path(scope) in EXEMPT:
            await self._serve(receive, send)
        elif (slot := served.shedder.enter()) is None:
            served.metrics.requests_shed.inc()
            await self._turn_away(receive, send, OVERLOADED)
        else:
            with slot:
                scope[SLOT] = slot
                await self._serve(receive, send)

    @property
    def _services(self) -> Services:
        return cast(Services, self.app.extensions[EXTENSION])

    async def _serve(self, receive: "Receive", send: "Send") -> None:
        request = self._create_request_from_scope(send)
        serve = self._read if self.scope["method"] in READING else self._change
        try:
            await serve(request, receive, send)
        except asyncio.CancelledError:
            if not self.answering:
                await self._refuse(send, DRAINED)
            raise

    async def _read(self, request: "Request", receive: "Receive", send: "Send") -> None:
        """As Quart does, but for a server that ends: it would leave the handler running."""
        receiver = asyncio.ensure_future(self.handle_messages(request, receive))
        handler = asyncio.ensure_future(self.handle_request(request, send))
        try:
            done, _ = await asyncio.wait({handler, receiver}, return_when=asyncio.FIRST_COMPLETED)
            raise_task_exceptions(done)
        finally:
            await cancel_tasks({task for task in (handler, receiver) if not task.done()})

    async def _change(self, request: "Request", receive: "Receive", send: "Send") -> None:
        try:
            async with asyncio.timeout(self._services.options.request_timeout_s):
                arrived = await _body_arrived(request, receive)
        except TimeoutError:
            await self._refuse(send, TOO_SLOW)
            return
        if not arrived:
            return
        rest = None if request.body._complete.is_set() else asyncio.create_task(discard(receive))
        try:
            await self.handle_request(request, send)
        finally:
            if rest is not None:
                rest.cancel()

    async def _turn_away(self, receive: "Receive", send: "Send", refusal: Failure) -> None:
        """The body is taken first: a client is only sure to see its answer once it has sent all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHED_BODY_S):
                while self.scope["method"] not in READING:
                    message: Any = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    if not message.get("more_body", False):
                        break
        await self._refuse(send, refusal)

    async def _refuse(self, send: "Send", refusal: Failure) -> None:
        self.record.code = refusal.code
        headers, body = refused(cast(dict[str, Any], self.scope), refusal)
        await _answer(send, refusal.status, headers, body)

    async def handle_request(self, request: "Request", send: "Send") -> None:
        self.request = request
        response = await self.app.handle_request(request)
        timeout_s = getattr(response, "timeout", None)
        if timeout_s is Ellipsis:
            timeout_s = self.app.config["RESPONSE_TIMEOUT"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):  # Quart's own waiting makes a task of it
                await self._send_response(send, response)

    async def _send_response(self, send: "Send", response: "ResponseTypes") -> None:
        self.answering = True
        if (request := self.request) is not None:
            response.headers[HEADER] = cast(dict[str, Any], self.scope)[SCOPE_KEY]
            keep(response.headers)
            route = request.url_rule.rule if request.url_rule else "unmatched"
            method = request.method if request.method in METHODS else "other"
            elapsed_s = asyncio.get_running_loop().time() - self.record.began_at
            self._services.metrics.request(route, method, response.status_code, elapsed_s)
            self.record.status = response.status_code
            audit.answered(self.app.extensions, request, self.record)
        if isinstance(response, Response) and isinstance(response.response, FileBody):
            # Read first, and closed: a client that has all it wants may leave in the middle.
            response.set_data(await response.get_data(as_text=False))
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            headers, body = encode_headers(response.headers), response.response
            await _answer(send, response.status_code, headers, body.data[body.begin : body.end])
        else:
            await super()._send_response(send, response)

    def _log(self, seconds: float) -> None:
        scope, kept, asked = cast(dict[str, Any], self.scope), self.record, self.request
        rule = asked.url_rule if asked is not None else None
        if asked is not None:
            audit.answered(self.app.extensions, asked, kept)
        who, slot = cast("Principal | None", scope.get(PRINCIPAL)), scope.get(SLOT)
        more = {
            "principal": who.name if who is not None and who.name else None,
            "code": kept.code,
            "execution": kept.execution or self._named(),
            "messages": kept.messages() if kept.messages is not None else None,
            "waited_ms": round(1000 * slot.waited_s, 1) if slot is not None else None,
            "client_gone": not kept.whole or None,
        }
        self._services.request_log.request(
            kept.status,
            rule.rule if rule is not None else None,
            probe=own_path(scope) in EXEMPT,
            method=scope["method"] if scope["method"] in METHODS else "other",
            ms=round(1000 * seconds, 1),
            bytes=kept.bytes if scope["method"] != "HEAD" else 0,
            **{name: known for name, known in more.items() if known},
        )

    def _named(self) -> str | None:
        """The execution that the path names, where that may be told."""
        given = self.request.view_args if self.request is not None else None
        id = path_names(self._services.catalogue.known_name, given, self.record.status).execution
        return str(id) if id is not None else None


def refused(scope: dict[str, Any], refusal: Failure) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The headers and the body of a problem from outside of Quart."""
    sent = dict(scope["headers"]).get(REQUEST_ID, b"").decode("latin1")
    id = str(scope.get(SCOPE_KEY) or chosen(sent))
    body = to_json(problem.problem_document(refusal, request_id=id))
    headers = [
        (b"content-type", problem.CONTENT_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", NOT_KEPT.encode()),
        (REQUEST_ID, id.encode()),
    ]
    if isinstance(refusal, Refusal):
        headers += [(name.lower().encode(), text.encode()) for name, text in refusal.headers]
    if refusal.retryable:
        headers.append((b"retry-after", problem.retry_after(None).encode()))
    return headers, body


def flaw_in(scope: dict[str, Any]) -> Refusal | None:
    """What Quart would fail at before it could answer."""
    try:
        scope["query_string"].decode()
    except UnicodeDecodeError:
        return BAD_QUERY
    if scope["path"].removeprefix(scope.get("root_path", "")).startswith("//"):
        return BAD_PATH  # werkzeug would pass over one, and a rule of a proxy's about paths not
    if not names_host(scope["headers"]):
        return BAD_HOST
    coding = dict(scope["headers"]).get(b"content-encoding", b"").strip().lower()
    reading = scope.get("method", "GET") in READING
    return None if reading or coding in {b"", b"identity"} else BAD_CODING


async def _body_arrived(request: "Request", receive: "Receive") -> bool:
    """Reads the body; False where the client left first. What is longer than may be isn't kept: a
    client only sees its 413 once it has sent all, or past DISCARDED_BYTES."""
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


async def discard(receive: "Receive") -> None:
    """Takes what the server hands over, which it may wait for, until the client is gone."""
    while not (await receive())["type"].endswith(".disconnect"):
        continue


async def _answer(
    send: "Send", status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
