"""Answers Cross-Origin Resource Sharing (the Fetch standard, 3.2) for origins on the allow-list.

Around everything else: a page can't tell why an answer failed that it may not read. No cookies are
used here, so credentials mode is never allowed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handrail.core.access.origins import Origins, shared_headers

if TYPE_CHECKING:
    from hypercorn.typing import ASGISendCallable

OURS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Api-Key, X-Request-Id"
USUAL = (
    "Accept, Accept-Language, Cache-Control, Content-Language, If-Match, If-Modified-Since,"
    " If-None-Match, Pragma, Prefer, Range, X-Correlation-Id, X-Requested-With"
)
"""What HTTP libraries of pages add by themselves, or for their users."""
TRACING = (
    "B3, Baggage, Newrelic, Request-Context, Request-Id, Sentry-Trace, Traceparent, Tracestate,"
    " Uber-Trace-Id, X-Amzn-Trace-Id, X-B3-Flags, X-B3-ParentSpanId, X-B3-Sampled, X-B3-SpanId,"
    " X-B3-TraceId, X-Cloud-Trace-Context, X-Datadog-Origin, X-Datadog-Parent-Id,"
    " X-Datadog-Sampling-Priority, X-Datadog-Tags, X-Datadog-Trace-Id"
)
"""What tracing in a page adds to each call: by W3C, Zipkin, Jaeger, AWS, Azure, Google, vendors."""
METHODS = b"GET, HEAD, POST, DELETE"
MAX_AGE_S = b"600"
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Says which pages may read an answer, whoever in this process makes it."""

    origins: Origins
    more_headers: str = ""
    """Request headers that a page may send besides the usual ones, with commas."""

    def headers(self, scope: dict[str, Any]) -> Headers:
        """For any answer to this request."""
        sent = dict(scope["headers"]).get(b"origin")
        origin = None if sent is None else sent.decode("latin1")
        shared = shared_headers(origin, self.origins)
        return [(name.lower().encode(), text.encode("latin1")) for name, text in shared]

    def preflight(self, scope: dict[str, Any]) -> Headers | None:
        """What a preflight is answered with, besides `headers`; None where it is none."""
        if not self.origins or scope["method"] != "OPTIONS":
            return None
        asked = dict(scope["headers"])
        if b"access-control-request-method" not in asked:
            return None
        if len(self.headers(scope)) == 1:  # another site's: `Vary` alone
            return []
        names = ", ".join(filter(None, (OURS, USUAL, TRACING, self.more_headers)))
        told = [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", names.encode()),
            (b"access-control-max-age", MAX_AGE_S),
        ]
        if b"access-control-request-private-network" in asked:
            told.append((b"access-control-allow-private-network", b"true"))
        return told

    def around(self, scope: dict[str, Any], send: "ASGISendCallable") -> "ASGISendCallable":
        """`send`, with the headers on whatever answer goes out by it."""
        if not self.origins:
            return send
        added = self.headers(scope)

        async def shared(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return shared
