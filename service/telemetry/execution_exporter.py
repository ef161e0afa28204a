"""Exports executions' spans by OpenTelemetry's exporter. Not as the spans of this process: their
queue drops what doesn't fit, and an execution may have some thousands at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self

from opentelemetry import context as contexts
from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

from handrail import __version__
from handrail.core.history.spans import SCOPE, ExecutionTrace, Span, SpanKind
from handrail.core.models import from_ms
from handrail.core.trace_context import TraceContext

from .tracer import Tracer, WatchedExporter
from .tracing import in_time

BATCH = 512  # spans a call
EXPORT_S = 30.0  # for all calls of one execution: the exporter gives up a call after ten
_KINDS = {
    SpanKind.INTERNAL: otel.SpanKind.INTERNAL,
    SpanKind.SERVER: otel.SpanKind.SERVER,
    SpanKind.CLIENT: otel.SpanKind.CLIENT,
}
_SCOPE = InstrumentationScope(SCOPE, __version__)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class ExecutionExporter:
    """A TraceSink. What is not sampled where an execution was started isn't here; of the rest the
    provider's sampler decides, by the trace's id, as it does of this process's own traces."""

    def __init__(self, exporter: SpanExporter, provider: TracerProvider) -> None:
        self._exporter, self._provider = exporter, provider

    @classmethod
    def opened(cls, tracer: Tracer) -> Self:
        """By OTLP, to where OpenTelemetry's variables say. Raises SettingsError."""
        return cls(WatchedExporter(OTLPSpanExporter(), "executions"), tracer.provider)

    def samples(self, trace: TraceContext) -> bool:
        if trace.sampled is not None:
            return trace.sampled
        nowhere, trace_id = contexts.Context(), int(trace.trace_id, 16)
        decided = self._provider.sampler.should_sample(nowhere, trace_id, SCOPE)
        return decided.decision is Decision.RECORD_AND_SAMPLE

    async def export(self, trace: ExecutionTrace) -> bool:
        taken = False

        def export() -> None:
            nonlocal taken
            spans = [*readable(trace, self._provider.resource)]
            parts = (spans[at : at + BATCH] for at in range(0, len(spans), BATCH))
            taken = all(self._exporter.export(part) is SpanExportResult.SUCCESS for part in parts)

        return await in_time(export, EXPORT_S) and taken

    def close(self) -> None:
        self._exporter.shutdown()


def readable(trace: ExecutionTrace, of_process: Resource) -> Iterator[ReadableSpan]:
    """As the SDK's exporters take them. What is known of this process's surroundings holds for its
    executions too, but that they are another service."""
    around = {k: v for k, v in of_process.attributes.items() if not k.startswith("service.")}
    resource = Resource({**around, **trace.resource})
    trace_id = int(trace.context.trace_id, 16)
    for span in trace.spans:
        parent_id = span.parent_id
        yield ReadableSpan(
            span.name,
            context=_context(trace_id, span.id),
            parent=_context(trace_id, parent_id, remote=True) if parent_id else None,
            resource=resource,
            attributes=span.attributes,
            links=[otel.Link(_context(int(to.trace_id, 16), to.span_id)) for to in span.links],
            kind=_KINDS[span.kind],
            status=_status(span),
            start_time=_ns(span.started_at),
            end_time=_ns(span.ended_at),
            instrumentation_scope=_SCOPE,
        )


def _context(trace_id: int, span_id: str, *, remote: bool = False) -> SpanContext:
    return SpanContext(trace_id, int(span_id, 16), remote, _SAMPLED)


def _status(span: Span) -> Status:
    return Status(StatusCode.ERROR, span.error) if span.failed else Status(StatusCode.UNSET)


def _ns(at: datetime) -> int:
    return (at - from_ms(0)) // timedelta(microseconds=1) * 1000
