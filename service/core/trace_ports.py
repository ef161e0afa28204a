"""Declares what use-cases and adapters need for traces, as `ports.py` does the rest."""

from contextlib import AbstractContextManager
from typing import Protocol

from .history.spans import ExecutionTrace
from .trace_context import TraceContext


class TraceSink(Protocol):
    """Takes executions' spans to where traces are kept."""

    def samples(self, trace: TraceContext) -> bool:
        """Whether it wants this one: as was decided where the execution was started, else by a
        ratio over the trace's id."""

    async def export(self, trace: ExecutionTrace) -> bool:
        """Whether it was taken on. Raises nothing."""


class CallTracer(Protocol):
    def call(self, operation: str, resource: str | None = None) -> AbstractContextManager[object]:
        """Around a call to AWS: `operation` is AWS's name, `resource` what it is about."""

    @property
    def recording(self) -> bool:
        """Whether what is being done now is recorded."""

    def current(self) -> TraceContext | None:
        """Where what is being done now is in its trace; None where it is in none."""
