"""Spans of sockets: of their opening alone."""

import pytest

from tests.web.conftest import Serving
from tests.web.quart_patches.test_traced_connection import TRACE, W3C, named
from tests.web.tracing import traced

NAME = "GET /v1/ws"


async def test_the_opening_of_a_socket_has_a_span_and_what_it_does_then_none(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        arn = on.served.stub.add_execution("order", "one")
        on.served.stub.append(arn, {"type": "ExecutionStarted"})
        async with on.served.ready(additional_headers=W3C) as socket:
            span = named(await on.came(NAME), NAME)
            await socket.say("subscribe", id="a", execution="order:one")
            await socket.hear("subscribed")
    assert (span.trace_id, span.kind, span.failed) == (TRACE, "server", False)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/ws",
        "http.response.status_code": 101,
        "network.protocol.name": "websocket",
    }
    assert [each for each in on.receiver.spans if each.trace_id == TRACE] == [span]


async def test_a_socket_that_this_replica_has_no_room_for_is_a_failure(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with (
        traced(serve, environment, ws_max_sockets=1) as on,
        on.served.ready(),
        on.served.socket(additional_headers=W3C) as second,
    ):
        code = await second.closed()
    (span,) = [span for span in on.receiver.spans if span.trace_id == TRACE]
    assert (span.failed, span.attributes["error.type"]) == (True, str(code))


async def test_a_socket_that_is_refused_says_by_which_code(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        async with on.served.socket("/v1/ws?surprise=1&token=secret") as socket:
            code = await socket.closed()
        span = named(await on.came(NAME), NAME)
    assert (span.failed, span.attributes["handrail.close_code"]) == (False, code)
    assert "secret" not in str(span)
