"""What the use-cases need from the world, in our words. Adapters leak no AWS shapes.

Every method may raise Unavailable (or Throttled) and UpstreamRefused besides what it names.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from .models import (
    Activity,
    ActivityTask,
    Deployment,
    DescribedStateMachine,
    Execution,
    ExecutionStatus,
    HistoryEvent,
    Page,
    StartedExecution,
    StateMachine,
    SyncResult,
)


class StateMachines(Protocol):
    """Reading the account's state machines."""

    async def list_all(self) -> Sequence[StateMachine]:
        """Every state machine of the account and region, all pages."""

    async def probe(self) -> None:
        """The cheapest call there is, to see whether AWS answers."""

    async def describe(self, arn: str) -> DescribedStateMachine:
        """Raises StateMachineNotFound."""

    async def describe_for_execution(self, execution_arn: str) -> DescribedStateMachine:
        """The definition this execution runs, not the newest. Raises ExecutionNotFound."""


class Deployments(Protocol):
    """Changing the account's state machines."""

    async def find(self, arn: str) -> Deployment | None:
        """What stands under the ARN, None where nothing does."""

    async def create(self, deployment: Deployment) -> str:
        """Its ARN. Raises InvalidDefinition, InvalidRequest, Conflict."""

    async def update(self, arn: str, deployment: Deployment) -> None:
        """Set definition and role. Raises InvalidDefinition, StateMachineNotFound, Conflict."""


class Executions(Protocol):
    """Starting and steering executions."""

    async def start(self, machine_arn: str, *, name: str, input: str) -> StartedExecution:
        """Raises ExecutionConflict where the name is taken (AWS compares texts, not values),
        StateMachineNotFound, InvalidRequest."""

    async def start_sync(self, machine_arn: str, *, name: str, input: str) -> SyncResult:
        """Raises StateMachineNotFound, UnsupportedByType, InvalidRequest."""

    async def describe(self, execution_arn: str) -> Execution:
        """Raises ExecutionNotFound."""

    async def list_page(
        self,
        machine_arn: str,
        *,
        status: ExecutionStatus | None = None,
        limit: int = 50,
        token: str | None = None,
    ) -> Page[Execution]:
        """Newest first. Raises StateMachineNotFound, InvalidRequest (a stale token)."""

    async def stop(
        self, execution_arn: str, *, error: str | None = None, cause: str | None = None
    ) -> datetime:
        """When it was stopped. Raises ExecutionNotFound."""

    async def redrive(self, execution_arn: str) -> datetime:
        """When it was redriven. Raises ExecutionNotFound, ExecutionNotRedrivable."""


class Histories(Protocol):
    """Reading histories, one page a call: the caller paces."""

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        """Events in the asked order. Raises ExecutionNotFound, InvalidRequest (a stale token)."""


class Tasks(Protocol):
    """Answering waiting tasks by their raw token."""

    async def succeed(self, token: str, *, output: str) -> None:
        """Raises TaskNotFound (no such token), TaskTimedOut (over: settled, timed out or its
        execution ended; AWS doesn't say which), RepetitionRefused (over, maybe by this very
        call), InvalidOutput, InvalidRequest. After Unavailable it may have been applied."""

    async def fail(self, token: str, *, error: str | None, cause: str | None) -> None:
        """Raises as `succeed`."""

    async def heartbeat(self, token: str) -> None:
        """Raises TaskNotFound, TaskTimedOut."""


class Activities(Protocol):
    """Activities, and the tasks their workers ask for."""

    async def list_all(self) -> Sequence[Activity]:
        """Every activity of the account and region, all pages."""

    async def create(self, name: str) -> str:
        """Its ARN; one that exists is answered as it is. Raises InvalidName, Conflict."""

    async def poll(self, arn: str, *, worker: str) -> ActivityTask | None:
        """Wait up to a minute for a task; None where none came. `worker` shows in the history.

        A poll that is cancelled may take a task with it: nobody gets that task before it times
        out. Raises NotFound."""


class Functions(Protocol):
    """Lambda functions."""

    async def invoke_later(self, name: str, payload: str) -> None:
        """Hand an event, JSON text, over and don't wait for what comes of it; it may be delivered
        more than once. Raises NotFound."""


class Meter(Protocol):
    """Where calls to AWS are counted."""

    def aws_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """`outcome` is `ok`, a ServiceError's `code`, or `cancelled`."""
