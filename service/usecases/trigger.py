"""Starts the tutorial's `orchestration-<stage>`, directly or through its Lambda function."""

from dataclasses import dataclass

from handrail.core import limits
from handrail.core.json_text import text_of
from handrail.core.models import Json
from handrail.core.ports import Functions
from handrail.core.trace_context import TraceContext

from .executions import ExecutionService, NewExecution, Started


def trigger_machine(environment: str) -> str:
    """The state machine that POST /trigger-workflow starts, and that its caller must be let to."""
    return f"orchestration-{environment}"


def trigger_function(environment: str) -> str:
    """The Lambda function that POST /trigger-workflow may invoke instead."""
    return f"trigger-lambda-{environment}"


@dataclass(frozen=True, slots=True, repr=False)
class StartingTrigger:
    executions: ExecutionService
    environment: str

    async def pull(
        self, input: Json, *, key: str | None, trace: TraceContext | None = None
    ) -> Started | None:
        """Start with this input; `key` is the caller's Idempotency-Key. Raises what
        `ExecutionService.start` raises."""
        start = NewExecution(trigger_machine(self.environment), input, key=key, trace=trace)
        return await self.executions.start(start)


@dataclass(frozen=True, slots=True, repr=False)
class InvokingTrigger:
    functions: Functions
    environment: str

    async def pull(
        self, input: Json, *, key: str | None, trace: TraceContext | None = None
    ) -> Started | None:
        """None: it starts later, once or twice, whatever the key. Raises InvalidInput, NotFound."""
        text = limits.check_payload("input", text_of(input))
        name = trigger_function(self.environment)
        await self.functions.invoke_later(name, text, trace=trace)
        return None


Trigger = StartingTrigger | InvokingTrigger
