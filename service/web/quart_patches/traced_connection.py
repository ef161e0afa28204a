"""Gives each request a span. Imported where traces are recorded, and only there.

By OpenTelemetry's conventions for HTTP, less what may be a secret: no path, which may hold a signed
link, no query, no header. https://opentelemetry.io/docs/specs/semconv/http/http-spans/"""

from typing import TYPE_CHECKING, Any, cast

from opentelemetry.trace import INVALID_SPAN, Span
from quart import Response
from quart.wrappers.response import DataBody, FileBody

from handrail.telemetry.tracer import Tracer, current, fail
from handrail.web.path_names import path_names

from .http_connection import METHODS, HttpConnection
from .request_ids import SCOPE_KEY as REQUEST_ID
from .root_path import own_path
from .shedding import EXEMPT
from .trace_headers import SCOPE_KEY as TRACE
from .trace_headers import bind_trace, tracestate

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable as Receive
    from hypercorn.typing import ASGISendCallable as Send
    from quart.typing import ResponseTypes

SERVER_ERROR = 500
CLIENT_GONE = "client_disconnected"


class TracedConnection(HttpConnection):
    """One request, whose span ends with its answer: a stream's when it begins to stream, since it
    may go on for hours. What is turned away before it costs anything has none."""

    span: Span = INVALID_SPAN

    async def _serve(self, receive: "Receive", send: "Send") -> None:
        scope = cast(dict[str, Any], self.scope)
        if own_path(scope) in EXEMPT:
            await super()._serve(receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        asked = {"http.request.method": method, "url.scheme": str(scope.get("scheme", "http"))}
        self.span = begun(self._tracer, method, scope, asked)
        if not self.span.is_recording():
            await super()._serve(receive, send)
            return
        with current(self.span):
            try:
                await super()._serve(receive, send)
            finally:
                self._end()

    @property
    def _tracer(self) -> Tracer:
        return cast(Tracer, self._services.tracer)

    async def _send_response(self, send: "Send", response: "ResponseTypes") -> None:
        self.record.status = response.status_code
        body = response.response if isinstance(response, Response) else None
        if not isinstance(body, DataBody | FileBody):
            self._end()
        await super()._send_response(send, response)

    def _end(self) -> None:
        span, request, status = self.span, self.request, self.record.status
        if not span.is_recording():
            return
        found: dict[str, str | int] = {}
        if request is not None and request.url_rule is not None:
            found["http.route"] = route = request.url_rule.rule
            span.update_name(f"{request.method} {route}")
            names = path_names(self._services.catalogue.known_name, request.view_args, status)
            if names.state_machine is not None:
                found["handrail.state_machine"] = names.state_machine
            if names.execution is not None:
                found["handrail.execution"] = str(names.execution)
        if (id := cast(dict[str, Any], self.scope).get(REQUEST_ID)) is not None:
            found["handrail.request_id"] = str(id)
        if status is None:
            found["error.type"] = CLIENT_GONE
        else:
            found["http.response.status_code"] = status
        span.set_attributes(found)
        if status is not None and status >= SERVER_ERROR:
            fail(span, str(status))
        span.end()


def begun(tracer: Tracer, name: str, scope: dict[str, Any], attributes: dict[str, str]) -> Span:
    """The span of what a scope asks for, in the trace that it came with and is bound to; from now
    on the scope and its log lines tell the span's."""
    came = scope.get(TRACE)
    state = tracestate(scope["headers"]) if came is not None else ""
    span, where = tracer.serve(name, came, attributes, tracestate=state)
    bind_trace(scope, where)
    return span
