"""Declares what the use-cases need from the world, in our words: adapters leak no AWS shapes. Every
method may also raise Unavailable (or Throttled) and UpstreamRefused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from . import models
from .access.principals import Credential, Principal
from .aliases import Alias, Named, Route
from .history.outcomes import Settlement, TaskKey
from .trace_context import TraceContext


class Authenticator(Protocol):
    @property
    def asks(self) -> bool:
        """Whether callers must say who they are."""

    async def principal_of(self, credential: Credential) -> Principal | None:
        """None where nobody is asked. Raises Unauthenticated, CredentialExpired, Unavailable."""


class StateMachines(Protocol):
    async def list_all(self) -> Sequence[models.StateMachine]:
        """Every one of the account and region."""

    async def probe(self) -> None:
        """The cheapest call there is, to see whether AWS answers."""

    async def describe(self, arn: str) -> models.DescribedStateMachine:
        """Also a version, by its ARN. Raises StateMachineNotFound."""

    async def describe_alias(self, arn: str) -> Alias:
        """Raises StateMachineNotFound."""

    async def list_versions(self, arn: str) -> Sequence[Named]:
        """Newest first. Raises StateMachineNotFound."""

    async def list_aliases(self, arn: str) -> Sequence[Named]:
        """Newest first. Raises StateMachineNotFound."""

    async def describe_for_execution(self, execution_arn: str) -> models.DescribedStateMachine:
        """The definition this execution runs, not the newest. Raises ExecutionNotFound."""


class Deployments(Protocol):
    async def find(self, arn: str) -> models.Deployment | None:
        """Also a version, by its ARN."""

    async def create(self, deployment: models.Deployment) -> str:
        """Its ARN. Raises InvalidDefinition, InvalidRequest, Conflict."""

    async def update(self, arn: str, deployment: models.Deployment) -> str | None:
        """Set definition, role and, where given, logging and encryption. The id of the revision,
        where AWS says it. Raises InvalidDefinition, StateMachineNotFound, Conflict."""

    async def list_versions(self, arn: str) -> Sequence[Named]:
        """Newest first. Raises StateMachineNotFound."""

    async def publish(self, arn: str, revision_id: str | None) -> str:
        """The number of the version of the current revision, published unless it was. Raises
        StateMachineNotFound, and Conflict where the current revision is another than this."""

    async def find_alias(self, machine_arn: str, name: str) -> Alias | None: ...

    async def create_alias(self, machine_arn: str, name: str, routes: Sequence[Route]) -> None:
        """Raises StateMachineNotFound (the version), Conflict, InvalidRequest."""

    async def update_alias(self, machine_arn: str, name: str, routes: Sequence[Route]) -> None:
        """Raises StateMachineNotFound (the version or the alias), Conflict, InvalidRequest."""


class Executions(Protocol):
    async def start(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> models.StartedExecution:
        """In this trace, where there is one. Raises ExecutionConflict (the name is taken),
        StateMachineNotFound, InvalidRequest."""

    async def start_sync(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> models.SyncResult:
        """As `start`. Raises StateMachineNotFound, UnsupportedByType, InvalidRequest."""

    async def describe(self, execution_arn: str) -> models.Execution:
        """Raises ExecutionNotFound."""

    async def list_page(
        self,
        machine_arn: str,
        *,
        status: models.ExecutionStatus | None = None,
        limit: int = 50,
        token: str | None = None,
    ) -> models.Page[models.Execution]:
        """Newest first; by the ARN of a version or an alias those that were started by it. Raises
        StateMachineNotFound, InvalidRequest (a stale token)."""

    async def stop(
        self, execution_arn: str, *, error: str | None = None, cause: str | None = None
    ) -> datetime:
        """When it was stopped. Raises ExecutionNotFound."""

    async def redrive(self, execution_arn: str) -> datetime:
        """When it was redriven. Raises ExecutionNotFound, ExecutionNotRedrivable."""


class Histories(Protocol):
    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> models.Page[models.HistoryEvent]:
        """One page: the caller paces. Raises ExecutionNotFound, InvalidRequest (a stale token)."""


class MapRuns(Protocol):
    async def describe(self, arn: str) -> models.MapRun:
        """Raises NotFound, UnsupportedByEndpoint."""

    async def list_children(
        self,
        arn: str,
        *,
        status: models.ExecutionStatus | None,
        limit: int,
        token: str | None,
    ) -> models.Page[models.Execution]:
        """Its child executions, newest first. Raises NotFound, UnsupportedByType (Express ones),
        InvalidRequest (a stale token), UnsupportedByEndpoint."""


class Tasks(Protocol):
    async def succeed(self, token: str, *, output: str) -> None:
        """Raises TaskNotFound (no such token), TaskTimedOut (settled, timed out or its execution
        ended; AWS doesn't say which), RepetitionRefused (over, maybe by this very call),
        InvalidOutput, InvalidRequest. After Unavailable it may have been applied."""

    async def fail(self, token: str, *, error: str | None, cause: str | None) -> None:
        """Raises as `succeed`."""

    async def heartbeat(self, token: str) -> None:
        """Raises TaskNotFound, TaskTimedOut."""


class Activities(Protocol):
    async def list_all(self) -> Sequence[models.Activity]:
        """Every one of the account and region."""

    async def create(self, name: str) -> str:
        """Its ARN; one that exists is answered as it is. Raises InvalidName, Conflict."""

    async def poll(self, arn: str, *, worker: str) -> models.ActivityTask | None:
        """Wait up to a minute for a task. `worker` shows in the history. A cancelled poll may take
        a task with it, which nobody gets before it times out. Raises NotFound."""


class Functions(Protocol):
    async def invoke_later(
        self, name: str, payload: str, *, trace: TraceContext | None = None
    ) -> None:
        """Hand an event, JSON text, to a Lambda function and don't wait for what comes of it; it
        may be delivered more than once. Raises NotFound."""


class ExecutionMeter(Protocol):
    """Counts what becomes of starts, executions and answers to tasks; outcomes are `outcome_of`
    names them, or what the method says."""

    def start(self, machine: str | None, outcome: str) -> None:
        """`outcome` is also `started` or `replayed`; `machine` None where none is known by that
        name."""

    def ended(self, machine: str, status: str, duration_s: float | None) -> None: ...

    def task_answer(self, answer: str, outcome: str) -> None:
        """`answer` is `success`, `failure` or `heartbeat`, `outcome` also `applied` or
        `replayed`."""


class Meter(Protocol):
    def aws_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """`outcome` is `ok`, a ServiceError's `code`, or `cancelled`."""


# What all processes have in common. `usecases/in_memory.py` has it for one process; a bus (Redis,
# Valkey) between replicas implements the same ports, so what must happen in one step is one method.
# `auth/tickets.py` has one more, TicketStore.


class CallQuota(Protocol):
    """Limits how many calls of one operation are made: `rate` a second, and up to `burst` at once
    after a pause. Times are the caller's monotonic seconds."""

    @property
    def rate(self) -> float: ...

    @property
    def burst(self) -> float: ...

    @property
    def rate_now(self) -> float:
        """Below `rate` for a while after a throttled answer."""

    def used(self, now: float) -> float:
        """How much of the burst is used up, from 0 to 1, as far as is known here."""

    def wait_s(self, now: float) -> float:
        """About how long until a call may be made: 0 where one may. Takes nothing."""

    def tokens(self, now: float) -> float:
        """About how many calls may be made at once."""

    async def claim(self, now: float, *, keep: float = 0.0) -> float:
        """Takes a call where `keep` more are left: 0. Else in how many seconds to ask again."""

    def throttled(self, now: float, *, asked_at: float) -> None:
        """AWS refused a call made at `asked_at`: slow down. Returns at once."""


class NudgeChannel(Protocol):
    """Brings hints of changes to all processes: one may be lost or come twice. Raises nothing."""

    async def send(self, id: models.ExecutionId) -> None: ...

    def listen(self, nudged: Callable[[models.ExecutionId], None]) -> None:
        """Call this with every nudge from now on, also with those this process sends."""


@dataclass(frozen=True, slots=True)
class RecentStart:
    """`age_s` seconds ago, `started_at` by AWS's date. Without a `fingerprint` none is a replay."""

    started_at: datetime
    age_s: float
    fingerprint: bytes | None = None


class RecentStarts(Protocol):
    """The newest start of each id, for as long as AWS surely lets nobody use the name again. One
    that can't be looked up counts as forgotten: raises nothing."""

    async def add(
        self, id: models.ExecutionId, started_at: datetime, *, fingerprint: bytes | None = None
    ) -> RecentStart | None:
        """Answers, in the same step, the one it takes the place of."""

    async def find(self, id: models.ExecutionId) -> RecentStart | None: ...


class AppliedSettlements(Protocol):
    """The latest settlements AWS took, which its reads may not show yet. One that can't be looked
    up counts as forgotten: raises nothing."""

    async def add_if_absent(self, task: TaskKey, settlement: Settlement) -> Settlement | None:
        """Answers, in the same step, the one that is remembered already: then nothing changes."""

    async def find(self, task: TaskKey) -> Settlement | None: ...


class EndClaims(Protocol):
    """Which ends of executions some process has counted, or exported the spans of, and which status
    changes nudged, for as long as they may still become known to others."""

    async def claim(self, end: str, purpose: str) -> bool:
        """Whether this process is the first to ask for this end for that purpose, in one step.
        Raises Unavailable."""


class WebhookIds(Protocol):
    """The ids of the latest signed webhook messages, for as long as a signature is good."""

    async def bind(self, id: str, address: str) -> bool:
        """Binds the id to the address it came to first, in one step; False where that was another.
        Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to where a shard was read `age_s` seconds ago."""

    sequence_number: str
    age_s: float


class Checkpoints(Protocol):
    """How far the shards of the stream were read, by whichever process wrote it last. One that
    can't be looked up counts as forgotten: raises nothing."""

    async def put(self, shard: str, sequence_number: str) -> None: ...

    async def find(self, shard: str) -> Checkpoint | None: ...
