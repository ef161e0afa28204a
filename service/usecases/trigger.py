"""Starts the tutorial's `orchestration-<stage>`, directly or through its Lambda function."""

from collections.abc import Mapping
from typing import Protocol

from pydantic_core import to_json

from service.core import limits
from service.core.models import ExecutionId, Json
from service.core.ports import Functions

from .executions import ExecutionService, NewExecution


def trigger_machine(environment: str) -> str:
    """The state machine that POST /trigger-workflow starts, and that its caller must be let to."""
    return f"orchestration-{environment}"


class Trigger(Protocol):
    async def pull(self, input: Mapping[str, Json], *, key: str | None) -> ExecutionId | None:
        """Start with this input; `key` is the caller's Idempotency-Key. None where it is started
        later, by somebody else."""
        ...


class StartingTrigger:
    """Starts the state machine itself."""

    def __init__(self, executions: ExecutionService, *, environment: str) -> None:
        self._executions = executions
        self._machine = trigger_machine(environment)

    async def pull(self, input: Mapping[str, Json], *, key: str | None) -> ExecutionId | None:
        """Raises what `ExecutionService.start` raises."""
        started = await self._executions.start(NewExecution(self._machine, dict(input), key=key))
        return started.execution.id


class InvokingTrigger:
    """Invokes the Lambda function that starts it, and doesn't wait."""

    def __init__(self, functions: Functions, *, environment: str) -> None:
        self._functions = functions
        self._function = f"trigger-lambda-{environment}"

    async def pull(self, input: Mapping[str, Json], *, key: str | None) -> ExecutionId | None:
        """The key is of no use: Lambda may deliver an event twice anyway. Raises InvalidInput,
        NotFound."""
        text = to_json(input).decode()
        limits.check_payload("input", text)
        await self._functions.invoke_later(self._function, text)
        return None
