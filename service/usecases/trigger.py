"""Starts the tutorial's `orchestration-<stage>`, directly or through its Lambda function."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic_core import to_json

from service.core import limits
from service.core.models import Json
from service.core.ports import Functions

from .executions import ExecutionService, NewExecution, Started


def trigger_machine(environment: str) -> str:
    """The state machine that POST /trigger-workflow starts, and that its caller must be let to."""
    return f"orchestration-{environment}"


@dataclass(frozen=True, slots=True, repr=False)
class StartingTrigger:
    executions: ExecutionService
    environment: str

    async def pull(self, input: Mapping[str, Json], *, key: str | None) -> Started | None:
        """Start with this input; `key` is the caller's Idempotency-Key. Raises what
        `ExecutionService.start` raises."""
        start = NewExecution(trigger_machine(self.environment), dict(input), key=key)
        return await self.executions.start(start)


@dataclass(frozen=True, slots=True, repr=False)
class InvokingTrigger:
    functions: Functions
    environment: str

    async def pull(self, input: Mapping[str, Json], *, key: str | None) -> Started | None:
        """None: it starts later, once or twice, whatever the key. Raises InvalidInput, NotFound."""
        text = to_json(input).decode()
        limits.check_payload("input", text)
        await self.functions.invoke_later(f"trigger-lambda-{self.environment}", text)
        return None


Trigger = StartingTrigger | InvokingTrigger
