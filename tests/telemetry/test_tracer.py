"""Spans, the traces they are in, and what becomes of them."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from io import StringIO

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from handrail.core.errors import Throttled
from handrail.core.trace_context import TraceContext
from handrail.telemetry.logs import configure_logs
from handrail.telemetry.tracer import Tracer, WatchedExporter, within
from tests.otlp_receiver import otlp_receiver

CAME = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"


class Recorded:
    """A tracer, and what it has recorded so far."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.tracer = Tracer.exporting(self._kept, "dev")

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        self.tracer.flush()
        return {span.name: span for span in self._kept.get_finished_spans()}


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    recorded = Recorded()
    yield recorded
    recorded.tracer.close()


def test_a_span_is_in_the_trace_that_its_request_came_with(recorded: Recorded) -> None:
    span, found = recorded.tracer.serve("GET /", CAME, tracestate="vendor=1")
    assert (found.trace_id, found.sampled) == (CAME.trace_id, True)
    span.end()
    kept = recorded.spans["GET /"]
    assert kept.parent is not None
    assert kept.parent.span_id == int(str(CAME.span_id), 16)
    assert kept.context is not None
    assert kept.context.trace_state.get("vendor") == "1"


def test_a_trace_that_a_load_balancer_only_names_is_begun_here(recorded: Recorded) -> None:
    span, found = recorded.tracer.serve("GET /", TraceContext(CAME.trace_id))
    assert found.trace_id == CAME.trace_id
    span.end()
    assert recorded.spans["GET /"].parent is None
    _, other = recorded.tracer.serve("GET /", None)
    assert other.trace_id != CAME.trace_id, "named once, not for ever"


def test_a_trace_of_ones_own_begins_with_the_time_as_x_ray_wants(recorded: Recorded) -> None:
    before = int(time.time())
    _, found = recorded.tracer.serve("GET /", None)
    assert before <= int(found.trace_id[:8], 16) <= int(time.time())


def test_what_is_not_to_be_recorded_has_a_trace_id_all_the_same(recorded: Recorded) -> None:
    span, found = recorded.tracer.serve("GET /", TraceContext(CAME.trace_id, CAME.span_id, False))
    assert (found.trace_id, found.sampled) == (CAME.trace_id, False)
    with within(span):
        assert not recorded.tracer.recording
        assert recorded.tracer.current() == found
    assert recorded.spans == {}


def test_the_share_that_is_recorded_is_opentelemetry_s_own_variable_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    never = Recorded()
    alone, where = never.tracer.serve("alone", None)
    alone.end()
    assert (len(where.trace_id), where.sampled) == (32, False)
    never.tracer.serve("with a parent", CAME)[0].end()
    assert list(never.spans) == ["with a parent"]
    never.tracer.close()


def test_a_call_is_a_part_of_what_makes_it_and_what_it_starts_is_a_part_of_the_call(
    recorded: Recorded,
) -> None:
    with (
        recorded.tracer.working("GET /", CAME) as served,
        recorded.tracer.call("StartExecution", ARN),
    ):
        told = recorded.tracer.current()
    call = recorded.spans["SFN.StartExecution"]
    assert call.parent == served.get_span_context()
    assert call.kind is trace.SpanKind.CLIENT
    assert call.attributes == {
        "rpc.system": "aws-api",
        "rpc.service": "SFN",
        "rpc.method": "StartExecution",
        "aws.resource.arn": ARN,
    }
    assert told is not None
    assert call.context is not None
    assert told.span_id == trace.format_span_id(call.context.span_id)


def test_a_failure_is_told_by_its_kind_and_never_by_its_text(recorded: Recorded) -> None:
    with (
        pytest.raises(Throttled),
        recorded.tracer.working("GET /", None),
        recorded.tracer.call("SendTaskSuccess"),
    ):
        raise Throttled("AWS said secret things.")
    for span in recorded.spans.values():
        assert span.status.status_code is trace.StatusCode.ERROR
        assert (span.attributes or {})["error.type"] == "throttled"
        assert "secret" not in span.to_json()


def test_what_nobody_asked_for_has_no_span(recorded: Recorded) -> None:
    assert not recorded.tracer.recording
    with within(recorded.tracer.serve("GET /", CAME)[0]):
        assert recorded.tracer.recording
        left_behind = copy_context()
    assert not recorded.tracer.recording
    assert not left_behind.run(lambda: recorded.tracer.recording), "nor once it has been answered"


def test_an_application_that_records_traces_itself_has_ours_among_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, theirs = InMemorySpanExporter(), TracerProvider()
    theirs.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: theirs)
    ours = Tracer.opened("dev")
    with theirs.get_tracer("theirs").start_as_current_span("theirs") as outer:
        ours.serve("GET /", CAME)[0].end()
    ours.close()
    span, _ = kept.get_finished_spans()
    assert span.parent == outer.get_span_context()
    with theirs.get_tracer("theirs").start_as_current_span("later"):
        pass
    assert [span.name for span in kept.get_finished_spans()][-1] == "later", "it isn't ours to end"


class Failing(SpanExporter):
    results: Sequence[SpanExportResult] = ()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        first, *self.results = self.results
        return first


def test_a_collector_that_is_away_is_told_of_once_and_once_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:secret@collector:4318/x?key=k")
    stream, failing = StringIO(), Failing()
    configure_logs("info", "json", stream=stream)
    no, yes = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
    failing.results = [yes, no, no, yes, yes]
    watched = WatchedExporter(failing, "requests")
    for _ in range(5):
        watched.export([])
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["to"], line["of"]) for line in lines] == [
        ("traces not exported", "collector:4318", "requests"),
        ("traces exported again", "collector:4318", "requests"),
    ]
    structlog.reset_defaults()


def test_the_sdk_s_own_lines_of_each_batch_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = StringIO()
    configure_logs("info", "json", stream=stream)
    with otlp_receiver() as receiver:
        receiver.status = 400
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        tracer = Tracer.opened("dev")
        tracer.serve("GET /", CAME, tracestate="!=a caller's")[0].end()
        tracer.flush()
        tracer.close()
    logging.getLogger("opentelemetry.sdk.trace").warning("Something of the SDK's.")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["traces not exported", "opentelemetry"]
    assert capsys.readouterr().err == ""
    structlog.reset_defaults()


def test_a_queue_that_is_full_holds_nobody_up() -> None:
    with otlp_receiver() as receiver:
        receiver.hangs.set()
        tracer = Tracer.exporting(OTLPSpanExporter(f"{receiver.url}/v1/traces", timeout=1), "dev")
        for _ in range(5_000):
            tracer.serve("GET /", None)[0].end()
        receiver.wait_asked()
        receiver.hangs.clear()
        tracer.close()
