"""Composes what exports the spans of executions, where traces are wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handrail.clock import Clock
from handrail.core.ports import EndClaims, Executions
from handrail.telemetry.metrics import Metrics
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.live import Hub
from handrail.usecases.live.read_budget import ReadBudget
from handrail.usecases.traces import TraceContexts

if TYPE_CHECKING:
    from handrail.telemetry.tracer import Tracer
    from handrail.usecases.trace_exports import TraceExports


@dataclass(frozen=True, slots=True)
class TracingParts:
    """`tracer` and `exports` are None where nothing is traced: AWS isn't asked then for the traces
    of what is only shown, and nobody is told of ends."""

    tracer: "Tracer | None"
    contexts: TraceContexts
    exports: "TraceExports | None"


def trace_contexts(
    tracer: "Tracer | None",
    executions: Executions,
    catalogue: Catalogue,
    reads: ReadBudget,
    clock: Clock,
) -> TraceContexts:
    calls, account = reads.executions, catalogue.known_account
    return TraceContexts(executions, calls, account, clock, looks_up=tracer is not None)


def tracing_parts(
    tracer: "Tracer | None",
    contexts: TraceContexts,
    claims: EndClaims | None,
    clock: Clock,
    metrics: Metrics,
) -> TracingParts:
    if tracer is None:
        return TracingParts(None, contexts, None)
    from handrail.telemetry.execution_exporter import ExecutionExporter  # noqa: PLC0415 the SDK
    from handrail.usecases.trace_exports import TraceExports  # noqa: PLC0415 as rarely needed

    sink = ExecutionExporter.opened(tracer)
    exports = TraceExports(contexts, sink, clock, metrics.execution_trace, claims)
    return TracingParts(tracer, contexts, exports)


@asynccontextmanager
async def exporting(exports: "TraceExports | None", hub: Hub) -> AsyncIterator[None]:
    """Exports meanwhile, and at the end what is queued."""
    if exports is None:
        yield
        return
    async with exports.running(hub):
        yield
