"""Requests' spans."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from botocore import handlers

from handrail.core.trace_context import TraceContext
from tests.otlp_receiver import ReceivedSpan
from tests.web.conftest import Serving
from tests.web.served import eventually
from tests.web.tracing import traced

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
W3C = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
UNSAMPLED = {"traceparent": f"00-{TRACE}-{SPAN}-00"}
STARTS = "/v1/state-machines/order/executions"
START = "POST /v1/state-machines/<machine>/executions"
SECRETS = {"link_keys": "k" * 32}


def named(spans: list[ReceivedSpan], name: str) -> ReceivedSpan:
    (found,) = [span for span in spans if span.name == name]
    return found


async def test_one_trace_leads_from_the_client_to_the_execution(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        answer = await on.served.post(STARTS, {"input": {}}, headers=W3C)
        spans = await on.came(START, "SFN.StartExecution")
        request, call = named(spans, START), named(spans, "SFN.StartExecution")
        assert (request.trace_id, request.parent_id, request.kind) == (TRACE, SPAN, "server")
        assert (call.trace_id, call.parent_id, call.kind) == (TRACE, request.span_id, "client")
        (asked,) = [e for e in on.served.stub.requests if e.operation == "StartExecution"]
        told = TraceContext.of_xray(asked.body["traceHeader"])
        assert told == TraceContext(TRACE, call.span_id, sampled=True)
        assert request.attributes == {
            "http.request.method": "POST",
            "http.route": "/v1/state-machines/<machine>/executions",
            "http.response.status_code": 202,
            "url.scheme": "http",
            "handrail.state_machine": "order",
            "handrail.request_id": answer.headers["x-request-id"],
        }
        assert answer.body["trace_id"] == TRACE


async def test_what_is_not_recorded_is_passed_on_as_such(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        await on.served.post(STARTS, {"input": {}}, headers=UNSAMPLED)
        (asked,) = [e for e in on.served.stub.requests if e.operation == "StartExecution"]
        told = TraceContext.of_xray(asked.body["traceHeader"])
        assert told is not None
        assert (told.trace_id, told.sampled) == (TRACE, False)
    assert on.receiver.spans == []


async def test_starts_stay_lean(serve: Serving, environment: pytest.MonkeyPatch) -> None:
    own = [each for each in handlers.BUILTIN_HANDLERS if "moto" not in type(each[1]).__module__]
    environment.setattr(handlers, "BUILTIN_HANDLERS", own)  # moto leaves one in every session
    async with traced(serve, environment) as on:
        starter: Any = on.served.services.executions.executions._clients.starter  # type: ignore[attr-defined]
        for _ in range(2):
            await on.served.post(STARTS, {"input": {}}, headers=W3C)
        assert starter._own, "nobody else's hooks"
        assert starter._pattern is not None


async def test_an_execution_that_others_started_tells_its_trace(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        arn = on.served.stub.add_execution("order", "theirs")
        on.served.stub.execution(arn).trace_header = f"Root=1-{TRACE[:8]}-{TRACE[8:]}"
        started: dict[str, Any] = {"type": "ExecutionStarted"}
        on.served.stub.append(arn, started)
        for _ in range(2):
            shown = await on.served.get("/v1/executions/order:theirs")
            assert shown.body["trace_id"] == TRACE
        assert on.served.stub.calls["DescribeExecution"] == 1


async def test_probes_and_metrics_have_no_spans(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment, metrics_public=True) as on:
        for path in ("/healthz", "/readyz", "/metrics"):
            await on.served.get(path)
        await on.served.get("/v1/me")
        spans = await on.came("GET /v1/me")
    names = {span.name for span in [*spans, *on.receiver.spans]}
    assert not names & {"GET /healthz", "GET /readyz", "GET /metrics"}


async def test_no_secret_of_an_address_or_a_header_is_in_a_span(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        await on.served.get("/v1/callbacks/c0ffee.secret-link")
        headers = {"Authorization": "Bearer secret-bearer", "Cookie": "a=secret-cookie"}
        await on.served.get("/v1/me?token=secret-query", headers=headers)
        await on.served.get("/v1/executions/order:secret-name")
        await on.served.get("/v1/state-machines/secret-name")
        async with on.served.http.get("/nowhere/secret-path") as lost:
            assert lost.status == 404
        spans = await on.came("GET /v1/callbacks/<path:signed>", "GET /v1/me", "GET")
    assert "secret" not in json.dumps([[span.name, dict(span.attributes)] for span in spans])


async def test_what_fails_here_is_a_failure_and_what_the_caller_does_wrong_is_not(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        on.served.stub.fail_next("StartExecution", code="InternalFailure", status=500)
        await on.served.post(STARTS, {"input": {}})
        await on.served.get("/v1/state-machines/nowhere")
        spans = await on.came(START, "GET /v1/state-machines/<machine>")
    failed, missing = named(spans, START), named(spans, "GET /v1/state-machines/<machine>")
    assert (failed.failed, failed.attributes["error.type"]) == (True, "503")
    assert (missing.failed, missing.attributes["http.response.status_code"]) == (False, 404)
    call = named(spans, "SFN.StartExecution")
    assert (call.failed, call.attributes["error.type"]) == (True, "unavailable")


async def test_a_client_that_leaves_is_said_to_have_left(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        arn = on.served.stub.add_execution("order", "one")
        on.served.stub.append(arn, {"type": "ExecutionStarted"})
        path = "/v1/executions/order:one/events?after=&wait=20"
        cursor = (await on.served.get("/v1/executions/order:one")).body["cursor"]
        async with aiohttp.ClientSession() as leaving:
            url = f"http://127.0.0.1:{on.served.port}{path.replace('after=', f'after={cursor}')}"
            asking = asyncio.ensure_future(leaving.get(url))
            await eventually(lambda: on.served.services.shedder.waiting == 1)
            asking.cancel()
        name = "GET /v1/executions/<execution:execution>/events"
        spans = await on.came(name)
    left = named(spans, name)
    assert left.attributes["error.type"] == "client_disconnected"
    assert "http.response.status_code" not in left.attributes


async def test_a_stream_s_span_ends_as_it_begins_to_stream(
    serve: Serving, environment: pytest.MonkeyPatch
) -> None:
    async with traced(serve, environment) as on:
        arn = on.served.stub.add_execution("order", "one")
        on.served.stub.append(arn, {"type": "ExecutionStarted"})
        async with on.served.http.get("/v1/executions/order:one/stream") as stream:
            assert stream.status == 200
            name = "GET /v1/executions/<execution:execution>/stream"
            span = named(await on.came(name), name)
            assert not stream.content.at_eof()
    assert span.attributes["http.response.status_code"] == 200
