"""Draws an execution's spans as OTLP's JSON, which OpenTelemetry's collectors take at /v1/traces.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal, NotRequired

from pydantic import Field

from handrail.core.history.spans import (
    SCOPE,
    AttributeValue,
    ExecutionTrace,
    Span,
    SpanKind,
)
from handrail.core.models import from_ms
from handrail.core.typed_dict import TypedDict

_KINDS: Mapping[SpanKind, Literal[1, 2, 3]] = {
    SpanKind.INTERNAL: 1,
    SpanKind.SERVER: 2,
    SpanKind.CLIENT: 3,
}
_SAMPLED = 1
Nanoseconds = Annotated[str, Field(description="Since 1970.", pattern=r"^\d+$")]


class AttributeValueDocument(TypedDict):
    """One of these."""

    stringValue: NotRequired[str]  # noqa: N815 OTLP's names
    intValue: NotRequired[str]  # noqa: N815
    boolValue: NotRequired[bool]  # noqa: N815


class AttributeDocument(TypedDict):
    key: str
    value: AttributeValueDocument


class SpanLinkDocument(TypedDict):
    traceId: str  # noqa: N815
    spanId: str  # noqa: N815


class SpanStatusDocument(TypedDict):
    """`code` is 2 for an error, whose name is the message; without one it is unset."""

    code: NotRequired[Literal[2]]
    message: NotRequired[str]


class SpanDocument(TypedDict):
    traceId: str  # noqa: N815
    spanId: str  # noqa: N815
    parentSpanId: NotRequired[str]  # noqa: N815
    name: str
    kind: Annotated[Literal[1, 2, 3], Field(description="Internal, server or client.")]
    startTimeUnixNano: Nanoseconds  # noqa: N815
    endTimeUnixNano: Nanoseconds  # noqa: N815
    attributes: list[AttributeDocument]
    links: list[SpanLinkDocument]
    status: SpanStatusDocument
    flags: int


class ScopeDocument(TypedDict):
    name: str


class ScopeSpansDocument(TypedDict):
    scope: ScopeDocument
    spans: list[SpanDocument]


class ResourceDocument(TypedDict):
    attributes: list[AttributeDocument]


class ResourceSpansDocument(TypedDict):
    resource: ResourceDocument
    scopeSpans: list[ScopeSpansDocument]  # noqa: N815


class TraceDocument(TypedDict):
    """OTLP's `ExportTraceServiceRequest`. Parents come before their children."""

    resourceSpans: list[ResourceSpansDocument]  # noqa: N815


def trace_document(trace: ExecutionTrace) -> TraceDocument:
    spans = [_span(trace, span) for span in trace.spans]
    made: ScopeSpansDocument = {"scope": {"name": SCOPE}, "spans": spans}
    resource: ResourceDocument = {"attributes": _attributes(trace.resource)}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [made]}]}


def _span(trace: ExecutionTrace, span: Span) -> SpanDocument:
    drawn: SpanDocument = {
        "traceId": trace.context.trace_id,
        "spanId": span.id,
        "name": span.name,
        "kind": _KINDS[span.kind],
        "startTimeUnixNano": _ns(span.started_at),
        "endTimeUnixNano": _ns(span.ended_at),
        "attributes": _attributes(span.attributes),
        "links": [{"traceId": link.trace_id, "spanId": link.span_id} for link in span.links],
        "status": _status(span),
        "flags": _SAMPLED,
    }
    if span.parent_id is not None:
        drawn["parentSpanId"] = span.parent_id
    return drawn


def _status(span: Span) -> SpanStatusDocument:
    if not span.failed:
        return {}
    return {"code": 2, "message": span.error} if span.error is not None else {"code": 2}


def _attributes(attributes: Mapping[str, AttributeValue]) -> list[AttributeDocument]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: AttributeValue) -> AttributeValueDocument:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def _ns(at: datetime) -> str:
    return str((at - from_ms(0)) // timedelta(microseconds=1) * 1000)
