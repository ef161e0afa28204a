"""Gives the opening of each socket a span. Imported where traces are recorded, and only there.

OpenTelemetry's conventions know a handshake, a request answered with 101, and no socket: one that
is open for hours would be told of only once it is closed, and its span kept until then."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from quart.wrappers import Websocket

from handrail.telemetry.tracer import Tracer, fail, within
from handrail.web.quart_patches.traced_connection import begun

from .socket import Connection

CLIENT_S = 4000
"""From here on close codes tell what its client did wrong, as 400 and its like do."""


async def traced(
    tracer: Tracer,
    asked: Websocket,
    connection: Connection,
    let_in: Callable[[], Awaitable[None]],
) -> None:
    """Lets it in, in a span: from the handshake until the socket is let in or refused."""
    scope = cast(dict[str, Any], asked.scope)
    route = asked.url_rule.rule if asked.url_rule else "unmatched"
    attributes = {"http.request.method": "GET", "http.route": route}
    attributes["network.protocol.name"] = "websocket"
    span = begun(tracer, f"GET {route}", scope, attributes)
    span.set_attribute("http.response.status_code", 101)
    with within(span):
        await let_in()
        if (code := connection.close_code) is not None:
            span.set_attribute("handrail.close_code", code)
            if code < CLIENT_S:
                fail(span, str(code))
