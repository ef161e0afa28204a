"""Makes spans and hands them to an exporter, in batches, from a thread of its own. A collector that
fails or hangs never holds up a request: what finds no room in the queue is left out."""

import logging
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

import structlog
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
)
from opentelemetry.trace.span import TraceFlags, TraceState

from handrail import __version__
from handrail.core.errors import SettingsError
from handrail.core.trace_context import TraceContext

from .tracing import collector

log = structlog.get_logger(__name__)

Attributes = Mapping[str, str | int | bool]
NOTHING: Attributes = {}
UNNAMED = "unknown_service"
LOGGER = "opentelemetry"
SERVICES = {
    "Invoke": "Lambda",
    **dict.fromkeys(
        ("SendMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"), "SQS"
    ),
    "GetCallerIdentity": "STS",
    **dict.fromkeys(
        ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "TransactWriteItems"),
        "DynamoDB",
    ),
    **dict.fromkeys(("PostToConnection", "DeleteConnection"), "ApiGatewayManagementApi"),
    **dict.fromkeys(("ListShards", "GetShardIterator", "GetRecords"), "Kinesis"),
}
"""AWS's id of the service by its operation; of all others it is SFN, Step Functions."""
NO_PARENT = contexts.Context()
_named: ContextVar[int | None] = ContextVar("named", default=None)
_here: ContextVar[Span] = ContextVar("here", default=INVALID_SPAN)  # as OpenTelemetry's, but quick


class Tracer:
    """Makes the spans of this process. The sampler that OpenTelemetry's variables name decides what
    is recorded; what is not costs next to nothing and has a trace id all the same."""

    def __init__(self, provider: TracerProvider, *, ours: bool = True) -> None:
        self.provider = provider
        self._ours = ours
        self._tracer = provider.get_tracer("handrail", __version__)

    @classmethod
    def opened(cls, environment: str) -> Self:
        """The process' own provider where an application that embeds this has set one, else one of
        ours. Raises SettingsError where OpenTelemetry's variables can't be used."""
        theirs = trace.get_tracer_provider()
        if isinstance(theirs, TracerProvider):
            return cls(theirs, ours=False)
        logging.getLogger(LOGGER).addHandler(_handed_over)
        logging.getLogger(LOGGER).propagate = False
        try:
            return cls.exporting(WatchedExporter(OTLPSpanExporter(), "requests"), environment)
        except ValueError as error:
            raise SettingsError(f"HANDRAIL_TRACES: OpenTelemetry refuses: {error}") from error

    @classmethod
    def exporting(cls, exporter: SpanExporter, environment: str) -> Self:
        provider = TracerProvider(
            resource=_resource(environment), id_generator=_TimedIds(), shutdown_on_exit=False
        )
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider)

    def close(self) -> None:
        """Exports what is recorded, and ends a provider of ours. It may take as long as the
        exporter does."""
        if self._ours:
            self.provider.shutdown()
        else:
            self.flush()

    def flush(self) -> None:
        """Exports what is recorded so far. It may take as long as the exporter does."""
        self.provider.force_flush()

    def serve(
        self,
        name: str,
        came: TraceContext | None,
        attributes: Attributes = NOTHING,
        *,
        tracestate: str = "",
    ) -> tuple[Span, TraceContext]:
        """Begins the span of what somebody asks for: in the trace that an application around this
        is recording, else in the one that it came with. The caller ends it. What isn't recorded
        gets none, which the SDK would take longer for than most of a request's other work."""
        parent, id = NO_PARENT, _new_trace_id() if came is None else int(came.trace_id, 16)
        if not self._ours and trace.get_current_span().get_span_context().is_valid:
            parent = contexts.get_current()
        elif came is not None and came.span_id is not None and came.sampled is not None:
            parent = trace.set_span_in_context(_remote(came, tracestate), NO_PARENT)
        elif self._drops(id, name, attributes):
            span_id = f"{random.getrandbits(64) or 1:016x}"
            return INVALID_SPAN, TraceContext(f"{id:032x}", span_id, sampled=False)
        named = _named.set(id)
        try:
            span = self._tracer.start_span(
                name, parent, SpanKind.SERVER, attributes, record_exception=False
            )
        finally:
            _named.reset(named)
        return span, context_of(span) or TraceContext(f"{id:032x}")

    def _drops(self, trace_id: int, name: str, attributes: Attributes) -> bool:
        """Whether the sampler has the beginning of this trace not recorded."""
        judge = self.provider.sampler.should_sample
        judged = judge(NO_PARENT, trace_id, name, SpanKind.SERVER, attributes)
        return judged.decision is Decision.DROP

    @contextmanager
    def working(
        self, name: str, came: TraceContext | None, attributes: Attributes = NOTHING
    ) -> Iterator[Span]:
        """Around the work of a span as by `serve`; an error that ends it is its end's."""
        span, _ = self.serve(name, came, attributes)
        with within(span):
            yield span

    @contextmanager
    def call(self, operation: str, resource: str | None = None) -> Iterator[None]:
        """Around a call to AWS, within what is being recorded. Named as OpenTelemetry's
        instrumentation of botocore does, by which AWS tells its own services in a trace."""
        service = SERVICES.get(operation, "SFN")
        named = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": operation}
        if resource is not None and resource.startswith("arn:"):
            named["aws.resource.arn"] = resource
        span = self._tracer.start_span(
            f"{service}.{operation}", kind=SpanKind.CLIENT, attributes=named, record_exception=False
        )
        with within(span):
            yield

    @property
    def recording(self) -> bool:
        """Whether what is being done now is recorded. What the service reads on its own account is
        in nobody's trace, and what a request left to others not in its own once it is answered."""
        return (_here.get() if self._ours else trace.get_current_span()).is_recording()

    def current(self) -> TraceContext | None:
        """The context of the span that is being worked in, sampled or not."""
        return context_of(trace.get_current_span())


def context_of(span: Span) -> TraceContext | None:
    found = span.get_span_context()
    if not found.is_valid:
        return None
    sampled = bool(found.trace_flags & TraceFlags.SAMPLED)
    return TraceContext(f"{found.trace_id:032x}", f"{found.span_id:016x}", sampled)


def fail(span: Span, kind: str) -> None:
    """Says that it failed, and how; never an error's text, which may quote anything."""
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


@contextmanager
def within(span: Span) -> Iterator[None]:
    """The span is the current one until the end, which is its own; an error fails it."""
    with current(span):
        try:
            yield
        except BaseException as error:
            fail(span, str(getattr(error, "code", None) or type(error).__name__))
            raise
        finally:
            span.end()


@contextmanager
def current(span: Span) -> Iterator[None]:
    """The span is the one that is being worked in."""
    token, here = contexts.attach(trace.set_span_in_context(span)), _here.set(span)
    try:
        yield
    finally:
        _here.reset(here)
        contexts.detach(token)


class WatchedExporter(SpanExporter):
    """Exports spans `of` something by another one, and logs a line when it begins to fail and one
    when it does again: the SDK writes several for each batch. Raises SettingsError where they would
    go nowhere."""

    def __init__(self, exporter: SpanExporter, of: str) -> None:
        self._exporter = exporter
        self._about = {"to": collector(), "of": of}
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        failing = result is not SpanExportResult.SUCCESS
        if failing and not self._failing:
            log.warning("traces not exported", **self._about, spans=len(spans))
        elif self._failing and not failing:
            log.info("traces exported again", **self._about)
        self._failing = failing
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class _TimedIds(RandomIdGenerator):
    """Begins trace ids with the time, as X-Ray had it only until 2023 and some of its readers still
    do; the rest is random. One that a load balancer named is taken."""

    def generate_trace_id(self) -> int:
        if (named := _named.get()) is not None:
            return named
        return _new_trace_id()


class _HandedOver(logging.Handler):
    """Hands the SDK's warnings to structlog. The exporter's are said by WatchedExporter, and what
    a caller sends that is no header of OpenTelemetry's is no news for operators."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING and record.name.startswith("opentelemetry.sdk."):
            log.warning("opentelemetry", said=record.getMessage())


_handed_over = _HandedOver()


def _new_trace_id() -> int:
    return int(time.time()) << 96 | random.getrandbits(96)


def _resource(environment: str) -> Resource:
    """What OpenTelemetry's variables say, over what is known here."""
    found = Resource.create({"service.version": __version__})
    ours = {"deployment.environment.name": environment}
    if str(found.attributes.get(SERVICE_NAME, UNNAMED)).startswith(UNNAMED):
        return found.merge(Resource({**ours, SERVICE_NAME: "handrail"}))
    return Resource(ours).merge(found)


def _remote(came: TraceContext, tracestate: str) -> NonRecordingSpan:
    flags = TraceFlags(TraceFlags.SAMPLED if came.sampled else TraceFlags.DEFAULT)
    state = TraceState.from_header([tracestate]) if tracestate else None
    span_id = int(str(came.span_id), 16)
    return NonRecordingSpan(SpanContext(int(came.trace_id, 16), span_id, True, flags, state))
