"""Invocations' spans: in Lambda's own trace, and exported before the instance is frozen."""

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from handrail.core.trace_context import TraceContext
from tests import events
from tests.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.stubs.stepfunctions import StepFunctionsStub

from .conftest import Cold
from .test_runtime_handler import SOCKETS

TRACE, SPAN = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
LAMBDA = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1;Lineage=1:a:0"
START = "/v1/state-machines/order/executions"
LISTED = events.http_v2("GET", "/v1/state-machines")


@pytest.fixture
def receiver(environment: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    """Nothing is exported by itself while a test runs."""
    with otlp_receiver() as receiver:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
        environment.setenv("_X_AMZN_TRACE_ID", LAMBDA)
        yield receiver


async def test_a_request_is_in_the_invocation_s_trace_and_exported_with_its_answer(
    cold: Cold, receiver: OtlpReceiver
) -> None:
    async with cold(traces=True) as one:
        assert (await one.ask(LISTED)).status == 200
        spans = {span.name: span for span in receiver.spans}
    request = spans["GET /v1/state-machines"]
    assert (request.trace_id, request.parent_id) == (TRACE, SPAN)
    assert spans["SFN.ListStateMachines"].parent_id == request.span_id


async def test_any_other_event_s_invocation_has_a_span_of_its_own(
    cold: Cold, receiver: OtlpReceiver
) -> None:
    async with cold(traces=True, **SOCKETS) as one:
        await one({"handrail": "tick"})
        (span,) = [span for span in receiver.spans if span.kind == "server"]
    assert (span.name, span.trace_id, span.parent_id) == ("schedule", TRACE, SPAN)
    assert span.attributes["faas.trigger"] == "timer"


async def test_a_collector_that_hangs_holds_an_invocation_up_no_longer_than_it_may(
    cold: Cold, receiver: OtlpReceiver, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr("handrail.aws_lambda.runtime.EXPORTING_S", 0.05)
    async with cold(traces=True) as one:
        receiver.hangs.set()
        with capture_logs() as logs:
            assert (await one.ask(LISTED)).status == 200
        assert "traces not exported in time" in [line["event"] for line in logs]
        receiver.hangs.clear()
        await asyncio.to_thread(receiver.wait_asked)


async def test_without_traces_of_its_own_a_start_is_in_the_invocation_s_trace_all_the_same(
    cold: Cold, stub: StepFunctionsStub, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("_X_AMZN_TRACE_ID", LAMBDA)
    event = events.http_v2("POST", START, body='{"input": {}}')
    async with cold() as one:
        answer = await one.ask(event)
    assert answer.body["trace_id"] == TRACE
    (asked,) = [each for each in stub.requests if each.operation == "StartExecution"]
    told = TraceContext.of_xray(asked.body["traceHeader"])
    assert told == TraceContext(TRACE, SPAN, sampled=True)
