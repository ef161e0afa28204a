"""Declares an execution's history as spans of a trace, and derives their ids: from the ARN and the
events' ids alone, so that whoever makes them, and whenever, makes the same."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from handrail.core.models import Account, ExecutionId, to_ms
from handrail.core.trace_context import TraceContext

AttributeValue = str | int | bool
SCOPE = "handrail.executions"
RUNNING = "handrail.running"
"""True on a span that goes on: it ends with the newest event so far."""

DROPPED = "handrail.spans_dropped"


class SpanKind(StrEnum):
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class SpanLink:
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an execution's time. Ids are as in a TraceContext. `failed` is what tracing
    shows as an error, `error` its name; its cause, like every payload, stays in the history."""

    id: str
    parent_id: str | None
    name: str
    kind: SpanKind
    started_at: datetime
    ended_at: datetime
    failed: bool = False
    error: str | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    links: tuple[SpanLink, ...] = ()


@dataclass(frozen=True, slots=True)
class ExecutionTrace:
    """`spans` has parents before their children; a redrive is beside the execution, not in it."""

    id: ExecutionId
    account: Account
    context: TraceContext
    spans: tuple[Span, ...]

    @property
    def resource(self) -> Mapping[str, str]:
        """What ran it: the state machine, by OpenTelemetry's names.
        https://opentelemetry.io/docs/specs/semconv/resource/"""
        return {
            "service.name": self.id.machine,
            "cloud.provider": "aws",
            "cloud.region": self.account.region,
            "cloud.account.id": self.account.account_id,
        }

    @property
    def arn(self) -> str:
        return self.account.execution_arn(self.id)


def derived_trace_id(arn: str, started_at: datetime) -> str:
    """In X-Ray's form: it begins with the second of the start.
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids"""
    return f"{_second(started_at):08x}{_digest(12, arn)}"


def derived_span_id(arn: str, started_at: datetime, event_id: int, what: str) -> str:
    """`what` tells the spans apart that begin with the same event."""
    return _digest(8, arn, str(_second(started_at)), str(event_id), what)


def root_link(arn: str, started_at: datetime) -> SpanLink:
    """To an execution without a trace header: its trace and its root are derived."""
    span_id = derived_span_id(arn, started_at, 1, "execution")
    return SpanLink(derived_trace_id(arn, started_at), span_id)


def _second(at: datetime) -> int:
    return to_ms(at) // 1000 & 0xFFFFFFFF


def _digest(size: int, *parts: str) -> str:
    """Ids of zeros alone are none, by W3C: no digest of these sizes comes to that, in practice."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=size).hexdigest()
