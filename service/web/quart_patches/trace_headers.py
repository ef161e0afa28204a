"""The trace that a request came with: in its scope, its log lines, and the executions it starts."""

from collections.abc import Iterable, MutableMapping
from typing import Any, cast

import structlog
from quart import request

from handrail.core.trace_context import TraceContext

SCOPE_KEY = "handrail.trace"
W3C, STATE, XRAY = b"traceparent", b"tracestate", b"x-amzn-trace-id"
LONGEST_STATE = 512
"""What W3C asks a `tracestate` to be passed on up to."""


def came_with(headers: Iterable[tuple[bytes, bytes]]) -> TraceContext | None:
    """W3C's header goes first: a load balancer adds X-Ray's to every request. What is no trace
    context is passed over."""
    found: dict[bytes, bytes] = {}
    for name, text in headers:
        if name in {W3C, XRAY}:
            found[name] = text
    if not found:
        return None
    came = TraceContext.of_traceparent(found.get(W3C, b"").decode("latin1"))
    return came or TraceContext.of_xray(found.get(XRAY, b"").decode("latin1"))


def tracestate(headers: Iterable[tuple[bytes, bytes]]) -> str:
    text = b",".join(text for name, text in headers if name == STATE).decode("latin1")
    return text if len(text) <= LONGEST_STATE else ""


def bind_trace(scope: MutableMapping[str, Any], found: TraceContext | None) -> None:
    """Has the request, or the socket, and its log lines tell its trace from now on."""
    if found is not None:
        scope[SCOPE_KEY] = found
        structlog.contextvars.bind_contextvars(trace_id=found.trace_id)


def trace_context() -> TraceContext | None:
    """Where in which trace the running request is; None where it is in none."""
    return cast("TraceContext | None", cast(dict[str, Any], request.scope).get(SCOPE_KEY))
