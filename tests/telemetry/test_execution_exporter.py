"""Executions' spans as a collector receives them."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from handrail.core.history.span_log import SpanLog
from handrail.core.history.spans import ExecutionTrace
from handrail.core.json_text import json_bytes
from handrail.core.models import Account, ExecutionId
from handrail.core.protocol.trace_document import trace_document
from handrail.core.trace_context import TraceContext
from handrail.telemetry.execution_exporter import BATCH, ExecutionExporter
from tests.core.histories import History
from tests.otlp_receiver import OtlpReceiver, of_json, otlp_receiver, read

WITHIN = TraceContext("1" * 32, "2" * 16, True)


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture
def exporter(collector: OtlpReceiver) -> Iterator[ExecutionExporter]:
    around = Resource({"service.name": "handrail", "deployment.environment.name": "test"})
    provider = TracerProvider(
        sampler=TraceIdRatioBased(0.5), resource=around, shutdown_on_exit=False
    )
    made = ExecutionExporter(OTLPSpanExporter(f"{collector.url}/v1/traces"), provider)
    yield made
    made.close()


def trace(states: int = 1) -> ExecutionTrace:
    history = History()
    track = history.main
    for _ in range(states):
        track.enter("Task", "Charge").schedule().fails("Busy").exit("Task", "Charge")
    track.then("ExecutionFailed", error="Broken", cause="it broke")
    track.then("ExecutionRedriven", redriveCount=1).then("ExecutionSucceeded")
    log = SpanLog(ExecutionId("order", "one"), Account("aws", "eu-west-1", "123456789012"))
    log.fold(history.events)
    return log.trace(WITHIN)


async def test_a_collector_gets_all_that_the_document_shows(
    exporter: ExecutionExporter, collector: OtlpReceiver
) -> None:
    made = trace()
    assert await exporter.export(made)
    came = collector.spans
    shown = read(of_json(json_bytes(trace_document(made))))
    assert [span.name for span in came] == [
        "execution order",
        "Charge",
        "lambda:invoke",
        "redrive order",
    ]
    for one, other in zip(came, shown, strict=True):
        assert replace(one, resource={}) == replace(other, resource={})
    assert came[0].resource == {**shown[0].resource, "deployment.environment.name": "test"}
    assert came[0].resource["service.name"] == "order"
    assert [came[0].trace_id, came[0].parent_id] == [WITHIN.trace_id, WITHIN.span_id]
    assert [span.failed for span in came] == [True, False, True, False]
    assert came[2].attributes["error.type"] == "Busy"
    assert list(came[3].links) == [(WITHIN.trace_id, came[0].span_id)]


async def test_thousands_of_spans_all_come(
    exporter: ExecutionExporter, collector: OtlpReceiver
) -> None:
    made = trace(states=BATCH)
    assert await exporter.export(made)
    assert {span.span_id for span in collector.spans} == {span.id for span in made.spans}
    assert collector.asked == 3


async def test_what_a_collector_refuses_was_not_exported(
    exporter: ExecutionExporter, collector: OtlpReceiver
) -> None:
    collector.status = 400
    assert not await exporter.export(trace())


async def test_the_loop_goes_on_while_a_collector_hangs(
    exporter: ExecutionExporter, collector: OtlpReceiver
) -> None:
    collector.hangs.set()
    exporting = asyncio.create_task(exporter.export(trace()))
    await asyncio.to_thread(collector.wait_asked)
    assert not exporting.done()
    collector.hangs.clear()
    assert await exporting


def test_what_was_decided_at_the_start_holds_and_the_sampler_decides_of_the_rest(
    exporter: ExecutionExporter,
) -> None:
    low, high = f"{0:016x}{'0' * 15}1", "f" * 32
    assert exporter.samples(TraceContext(high, None, True))
    assert not exporter.samples(TraceContext(low, None, False))
    assert exporter.samples(TraceContext(low))
    assert not exporter.samples(TraceContext(high))
